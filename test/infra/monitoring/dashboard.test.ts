import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { metricCatalogue, metricNamespace } from '#src/core/shared-with-infra/metrics.ts';
import { stepNames } from '#src/core/shared-with-infra/step-names.ts';
import { alarmsIn, metricsOf, monitoredTemplate, resourcesOf } from './monitoring-stack.ts';

const template = monitoredTemplate();

/** The text of the dashboard, with names instead of references. */
function dashboardBody(): { readonly widgets: readonly Widget[] } {
  const [{ DashboardBody } = {}] = resourcesOf('AWS::CloudWatch::Dashboard', template);
  if (typeof DashboardBody === 'string') return JSON.parse(DashboardBody);
  const { 'Fn::Join': joined } = DashboardBody as { 'Fn::Join': [string, (string | object)[]] };
  const text = joined[1].map((part) => (typeof part === 'string' ? part : 'reference')).join('');
  return JSON.parse(text);
}

interface Widget {
  readonly type: string;
  readonly properties: {
    readonly markdown?: string;
    readonly title?: string;
    readonly query?: string;
    readonly metrics?: readonly (readonly unknown[])[];
    readonly annotations?: { readonly horizontal?: readonly { readonly value: number }[] };
  };
}

const { widgets } = dashboardBody();

/** Returns the names of the product's metrics in a line of the dashboard, also in a search. */
function productMetricsIn(line: readonly unknown[]): string[] {
  const [first, second] = line;
  if (first === metricNamespace) return [String(second)];
  const expression = (first as { readonly expression?: string }).expression ?? '';
  return [...expression.matchAll(/MetricName="(\w+)"/g)].map(([, name = '']) => name);
}

const shown = new Set(
  widgets.flatMap(({ properties }) => (properties.metrics ?? []).flatMap(productMetricsIn)),
);

describe('the dashboard', () => {
  it('has five headings', () => {
    const headings = widgets.flatMap(({ properties }) => properties.markdown ?? []);
    expect(headings).toEqual([
      '## What is moving',
      '## What waits',
      '## How fast',
      '## What failed and why',
      '## How far from the quotas',
    ]);
  });

  it('uses only metrics of the catalogue', () => {
    expect([...shown].filter((name) => !Object.hasOwn(metricCatalogue, name))).toEqual([]);
  });

  it('shows only this deployment', () => {
    const lines = widgets.flatMap(({ properties }) => properties.metrics ?? []);
    const ours = lines.filter((line) => productMetricsIn(line).length > 0);
    const others = ours.filter((line) => {
      const text = JSON.stringify(line);
      return !text.includes('"service","ferry-1"') && !text.includes('service=\\"ferry-1\\"');
    });
    expect(others).toEqual([]);
  });

  it.each([
    ['FailuresByError', 'Error'],
    ['EventsIgnoredByReason', 'Reason'],
    ['Retries', 'Cause'],
    ['ChunksToHost', 'UploadHost'],
    ['RateLowered', 'Kind'],
    ['CallsStopped', 'Kind'],
  ])('searches %s by every value of %s', (name, dimension) => {
    const text = JSON.stringify(widgets);
    expect(text).toContain(`SEARCH('{Chunkferry,service,${dimension}} MetricName=`);
    expect(shown).toContain(name);
  });

  it('searches the logs of every function for the last errors', () => {
    const query = widgets.find(({ type }) => type === 'log')?.properties.query ?? '';
    expect(query.match(/SOURCE/g)).toHaveLength(stepNames.length + 2);
    for (const field of ['step', 'error', 'reason', 'nextStep']) expect(query).toContain(field);
  });

  it('N17: names bucket, key, transfer and execution in every table of log lines', () => {
    const queries = widgets.filter(({ type }) => type === 'log').map((w) => w.properties.query);
    expect(queries.length).toBeGreaterThan(1);
    for (const query of queries) {
      for (const field of ['bucket', 'key', 'transferId', 'execution']) {
        expect(query).toContain(` ${field},`);
      }
    }
  });

  it('shows the log entries of late duplicates among the errors', () => {
    const query = widgets.find(({ type }) => type === 'log')?.properties.query ?? '';
    expect(query).toContain('(ispresent(error) or ispresent(duplicates))');
    const text = readFileSync('src/step-support/late-duplicates.ts', 'utf8');
    expect(text).toMatch(/log\.error\([^)]*duplicates/);
    expect(text).toContain("meter.add('LateDuplicates'");
  });

  it.each([
    'QueueLength',
    'OldestQueuedSeconds',
    'QueueStalledSeconds',
    'TransfersQueued',
    'TransfersDispatched',
    'ActiveTransfers',
    'Paused',
    'WindowOpen',
  ])('shows %s under "What waits"', (name) => {
    const texts = widgets.map(({ properties }) => JSON.stringify(properties));
    const from = texts.findIndex((text) => text.includes('## What waits'));
    const to = texts.findIndex((text) => text.includes('## How fast'));
    expect(texts.slice(from, to).join('\n')).toContain(`"${name}"`);
  });

  it('counts queued and dispatched transfers for each minute', () => {
    const counts = widgets.find(({ properties }) => properties.title?.startsWith('Queued and'));
    for (const line of counts?.properties.metrics ?? [])
      expect(line.at(-1)).toMatchObject({ period: 60, stat: 'Sum' });
  });

  it('draws the configured bounds', () => {
    const bounded = JSON.stringify(
      monitoredTemplate(() => ({ maxSendConcurrency: 79, maxActiveTransfers: 11 })),
    );
    expect(bounded).toContain('maxSendConcurrency');
    expect(bounded).toContain('maxActiveTransfers');
  });
});

describe('every metric of the catalogue', () => {
  const written = ['src', 'functions'].flatMap(sourcesOf).join('\n');
  const alarmed = new Set([...alarmsIn(template).values()].flatMap(metricsOf));

  it.each(Object.keys(metricCatalogue))('%s is written by the code', (name) => {
    expect(written.includes(`'${name}'`)).toBe(true);
  });

  it.each(Object.keys(metricCatalogue))('%s is on the dashboard or in an alarm', (name) => {
    expect(shown.has(name) || alarmed.has(name)).toBe(true);
  });
});

/** Returns the text of every source file in a folder, except the catalogue. */
function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('metrics.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}
