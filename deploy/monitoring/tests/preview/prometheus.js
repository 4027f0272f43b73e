// What Grafana's data source for Prometheus makes of an answer, as far as our dashboards need it.
import { createDataFrame, FieldType } from '@grafana/data';

// As somebody would choose who looks at the last hours.
const chosen = (expr) => expr.replaceAll('$__rate_interval', '30m').replaceAll('$unit', 'PUPR');
const legend = (form, labels) => (form ? form.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? '') : '');

async function get(url, path, values) {
  const answer = await (await fetch(`${url}/api/v1/${path}?${new URLSearchParams(values)}`)).json();
  if (answer.status !== 'success') throw new Error(`${values.query}: ${answer.error}`);
  return answer.data.result;
}

/** Gives the data frames of `target`, a query of a panel, of the Prometheus at `url`, for the time `range`. */
export async function frames(url, target, range) {
  const query = chosen(target.expr);
  const [from, to] = [range.from.valueOf() / 1000, range.to.valueOf() / 1000];
  if (!target.instant) {
    const found = await get(url, 'query_range', { query, start: from, end: to, step: Math.max((to - from) / 400, 60) });
    return found.map(({ metric, values }) => series(target, metric, values));
  }
  const found = await get(url, 'query', { query, time: to });
  return target.format === 'table' ? [rows(target, found)] : found.map(({ metric, value }) => series(target, metric, [value]));
}

function series(target, labels, values) {
  const name = legend(target.legendFormat, labels);
  const time = { name: 'Time', type: FieldType.time, values: values.map(([at]) => at * 1000) };
  const config = name ? { displayNameFromDS: name } : {};
  const value = { name: 'Value', type: FieldType.number, values: values.map(([, it]) => Number(it)), labels, config };
  return createDataFrame({ refId: target.refId, name, fields: [time, value] });
}

function rows(target, found) {
  const names = [...new Set(found.flatMap(({ metric }) => Object.keys(metric)))].filter((name) => name !== '__name__');
  const value = target.alone ? 'Value' : `Value #${target.refId}`;
  return createDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: found.map((each) => each.value[0] * 1000) },
      ...names.map((name) => ({ name, type: FieldType.string, values: found.map(({ metric }) => metric[name] ?? '') })),
      { name: value, type: FieldType.number, values: found.map((each) => Number(each.value[1])) },
    ],
  });
}
