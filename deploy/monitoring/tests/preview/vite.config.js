// react-router-dom-v5-compat wants version 5 of react-router-dom, and everybody else version 6.
const compat = {
  name: 'react-router-dom-5',
  enforce: 'pre',
  resolveId(id, importer) {
    if (id === 'react-router-dom' && importer?.includes('react-router-dom-v5-compat'))
      return this.resolve('rrd5', importer, { skipSelf: true });
  },
};

export default {
  plugins: [compat],
  define: { 'process.env': '{}', global: 'window' },
  build: { minify: false, target: 'esnext', chunkSizeWarningLimit: 100000 },
};
