// Grafana's components want it as what the module is, as Node.js does not give it.
export { Scrollbars as default } from 'react-custom-scrollbars-2';
