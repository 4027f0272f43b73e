// The kinds of panel that our dashboards have, made of @grafana/ui: the real plugins are not published.
import React from 'react';
import {
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  identityOverrideProcessor,
  numberOverrideProcessor,
  PanelPlugin,
  thresholdsOverrideProcessor,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
  VizOrientation,
} from '@grafana/data';
import { BarGauge, BigValue, Table, TimeSeries, useTheme2, VizRepeater } from '@grafana/ui';

function displayed({ data, fieldConfig, options }, theme) {
  const { reduceOptions } = options;
  return getFieldDisplayValues({ fieldConfig, reduceOptions, replaceVariables: (text) => text, theme, data: data.series });
}

function Repeated({ draw, ...props }) {
  const theme = useTheme2();
  const { data, options, width, height } = props;
  return (
    <VizRepeater
      getValues={() => displayed(props, theme)}
      getAlignmentFactors={getDisplayValueAlignmentFactors}
      renderValue={({ value, ...place }) => draw({ ...options, ...place, theme }, value)}
      source={data}
      width={width}
      height={height}
      orientation={VizOrientation.Horizontal}
      itemSpacing={8}
      minVizHeight={options.minVizHeight}
      maxVizHeight={options.maxVizHeight}
    />
  );
}

// Grafana opens a menu of them; here each is there to be seen by tests, the first over the whole figure.
function Leading({ value, children }) {
  const links = value.hasLinks ? value.getLinks({}) : [];
  return (
    <div style={{ position: 'relative' }}>
      {children}
      {links.map(({ href, title }) => (
        <a key={href} href={href} aria-label={title} style={{ position: 'absolute', inset: 0 }} />
      ))}
    </div>
  );
}

const Stat = (props) => (
  <Repeated
    {...props}
    draw={(look, value) => (
      <Leading value={value}>
        <BigValue {...look} value={value.display} />
      </Leading>
    )}
  />
);

const Bars = (props) => (
  <Repeated
    {...props}
    draw={({ valueMode, ...look }, value) => (
      <Leading value={value}>
        <BarGauge
          {...look}
          value={value.display}
          field={value.field}
          display={value.view?.getFieldDisplayProcessor(value.colIndex)}
          orientation={VizOrientation.Horizontal}
          valueDisplayMode={valueMode}
        />
      </Leading>
    )}
  />
);

const Lines = ({ data, options, width, height, timeRange, timeZone }) => (
  <TimeSeries
    frames={data.series}
    structureRev={data.structureRev}
    timeRange={timeRange}
    timeZone={timeZone}
    width={width}
    height={height}
    legend={options.legend}
    options={options}
  />
);

function List({ data, options, width, height }) {
  const [frame] = data.series;
  if (!frame?.length) return <div className="empty">Tidak ada.</div>;
  return <Table data={frame} width={width} height={height} initialSortBy={options.sortBy} cellHeight={options.cellHeight} />;
}

// How the configuration of a field is taken over, which Grafana keeps to itself.
const unused = { editor: () => null, override: () => null, shouldApply: () => true, settings: {} };
const field = (path, process) => ({ ...unused, id: path, path, name: path, process });
export const standardFields = [
  field('displayName', displayNameOverrideProcessor),
  field('unit', unitOverrideProcessor),
  field('min', numberOverrideProcessor),
  field('max', numberOverrideProcessor),
  field('decimals', numberOverrideProcessor),
  field('noValue', identityOverrideProcessor),
  field('thresholds', thresholdsOverrideProcessor),
  field('mappings', valueMappingsOverrideProcessor),
  field('links', dataLinksOverrideProcessor),
  field('color', identityOverrideProcessor),
];
const OWN_FIELDS = ['align', 'cellOptions', 'width', 'minWidth', 'hideFrom', 'lineWidth', 'fillOpacity', 'showPoints', 'thresholdsStyle'];

function plugin(id, component) {
  const useCustomConfig = (builder) => {
    for (const path of OWN_FIELDS) builder.addCustomEditor(field(path, identityOverrideProcessor));
  };
  const made = new PanelPlugin(component).useFieldConfig({ useCustomConfig });
  made.meta = { id, name: id, info: { version: '' }, type: 'panel', module: '', baseUrl: '' };
  return made;
}

export const plugins = {
  stat: plugin('stat', Stat),
  bargauge: plugin('bargauge', Bars),
  timeseries: plugin('timeseries', Lines),
  table: plugin('table', List),
};
