// Draws one of our dashboards: ?dashboard=its file's name&prometheus=address. `window.drawn` says that it is done.
import './boot.js';
import React from 'react';
import { createRoot } from 'react-dom/client';
import { MemoryRouter } from 'react-router-dom';
import {
  createTheme,
  EventBusSrv,
  LoadingState,
  rangeUtil,
  standardEditorsRegistry,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
} from '@grafana/data';
import {
  config,
  LocationServiceProvider,
  locationService,
  setAppEvents,
  setDataSourceSrv,
  setEchoSrv,
  setLocationSrv,
  setPluginImportUtils,
  setPluginLinksHook,
  setTemplateSrv,
} from '@grafana/runtime';
import {
  ConstantVariable,
  EmbeddedScene,
  SceneDataNode,
  SceneDataTransformer,
  SceneGridItem,
  SceneGridLayout,
  SceneTimeRange,
  SceneVariableSet,
  VizPanel,
} from '@grafana/scenes';
import { GlobalStyles, PortalContainer, ThemeContext } from '@grafana/ui';
import { plugins, standardFields } from './plugins.jsx';
import { frames } from './prometheus.js';

// What Grafana puts in place before it draws anything.
const nothing = () => undefined;
const theme = createTheme({ colors: { mode: 'light' } });
Object.assign(config, { theme2: theme, bootData: window.grafanaBootData });
setAppEvents(new EventBusSrv());
setEchoSrv({ flush: nothing, addBackend: nothing, addEvent: nothing });
setLocationSrv({ update: nothing });
setTemplateSrv({ getVariables: () => [], replace: (text) => text ?? '', containsTemplate: () => false });
setDataSourceSrv({ get: async () => ({}), getList: () => [], getInstanceSettings: nothing });
setPluginLinksHook(() => ({ links: [], isLoading: false }));
setPluginImportUtils({ importPanelPlugin: async (id) => plugins[id], getPanelPluginFromCache: (id) => plugins[id] });
standardEditorsRegistry.setInit(() => []);
standardFieldConfigEditorRegistry.setInit(() => standardFields);
const transformers = new Map(Object.values(standardTransformers).map((each) => [each.id, each]));
transformers.delete('noop'); // the registry has its own
standardTransformersRegistry.setInit(() =>
  [...transformers.values()].map((each) => ({ id: each.id, name: each.name, transformation: async () => each })),
);

const asked = new URLSearchParams(window.location.search);
const dashboard = await (await fetch(`/${asked.get('dashboard')}.json`)).json();
const range = rangeUtil.convertRawToRange(dashboard.time);

async function drawn({ id, type, gridPos, title, description, options, fieldConfig, targets, transformations }) {
  const alone = targets.length === 1;
  const found = await Promise.all(targets.map((each) => frames(asked.get('prometheus'), { ...each, alone }, range)));
  const data = { state: LoadingState.Done, series: found.flat(), timeRange: range, structureRev: 1 };
  const node = new SceneDataNode({ data });
  const $data = transformations ? new SceneDataTransformer({ $data: node, transformations }) : node;
  const look = { overrides: [], ...fieldConfig };
  const body = new VizPanel({ key: `panel-${id}`, pluginId: type, title, description, options, fieldConfig: look, $data });
  return new SceneGridItem({ x: gridPos.x, y: gridPos.y, width: gridPos.w, height: gridPos.h, body });
}

const children = await Promise.all(dashboard.panels.filter((panel) => panel.type !== 'row').map(drawn));
const constants = dashboard.templating.list.filter(({ type }) => type === 'constant');
const chosen = new ConstantVariable({ name: 'unit', value: 'PUPR' });
const scene = new EmbeddedScene({
  $variables: new SceneVariableSet({
    variables: [chosen, ...constants.map(({ name, query }) => new ConstantVariable({ name, value: query }))],
  }),
  $timeRange: new SceneTimeRange(dashboard.time),
  body: new SceneGridLayout({ children, isDraggable: false, isResizable: false }),
});
const { background, text } = theme.colors;

createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <MemoryRouter>
      <LocationServiceProvider service={locationService}>
        <main style={{ padding: 16, minHeight: '100vh', background: background.canvas, color: text.primary }}>
          <h2 style={{ margin: '0 0 4px' }}>{dashboard.title}</h2>
          <p style={{ margin: '0 0 12px', color: text.secondary }}>{dashboard.description}</p>
          <scene.Component model={scene} />
        </main>
        <PortalContainer />
      </LocationServiceProvider>
    </MemoryRouter>
  </ThemeContext.Provider>,
);
window.drawn = true;
