// Bundles the preview into dist/, in seconds.
import { build } from 'esbuild';

const instead = {
  name: 'instead',
  setup(bundle) {
    const resolve = (path, { kind, resolveDir }) => bundle.resolve(path, { kind, resolveDir });
    // react-router-dom-v5-compat wants version 5 of react-router-dom, and everybody else version 6.
    bundle.onResolve({ filter: /^react-router-dom$/ }, (found) =>
      found.importer.includes('react-router-dom-v5-compat') ? resolve('rrd5', found) : undefined,
    );
    bundle.onResolve({ filter: /^react-custom-scrollbars-2$/ }, (found) =>
      found.importer.endsWith('.mjs') ? { path: `${import.meta.dirname}/scrollbars.js` } : undefined,
    );
  },
};

await build({
  entryPoints: ['main.jsx'],
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  define: { 'process.env': '{}', 'process.env.NODE_ENV': '"production"', global: 'window' },
  loader: { '.ttf': 'dataurl', '.svg': 'dataurl', '.png': 'dataurl' },
  plugins: [instead],
});
