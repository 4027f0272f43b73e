// Comes before anything of Grafana's: what its server would have said.
window.grafanaBootData = {
  settings: { buildInfo: { version: '13.2.2', env: 'production' }, featureToggles: {}, datasources: {}, panels: {}, apps: {} },
  user: { locale: 'id-ID', timezone: 'browser', weekStart: 'monday', orgId: 1, lightTheme: true },
  navTree: [],
};
