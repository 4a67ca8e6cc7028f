import * as echarts from 'echarts';
import type { Quartiles } from '../measure/statistics.ts';
import { type MoverName, rows } from '../plan/rows.ts';
import type { Results } from './record.ts';

/** The movers of every row, in the colours of the Okabe-Ito palette, which readers with colour blindness can distinguish. */
const plotted: readonly (readonly [mover: MoverName, label: string, color: string])[] = [
  ['send path, CRC64NVME', 'send path, CRC64NVME', '#0072b2'],
  ['send path', 'send path, no CRC', '#56b4e9'],
  ['bare undici pipe, MD5', 'bare pipe with MD5', '#999999'],
  ['curl | tee md5sum | curl', 'curl pipeline', '#e69f00'],
];

const size = { width: 900, height: 440 } as const;
const font = {
  fontFamily: 'Helvetica, Arial, sans-serif',
  fontSize: 13,
  color: '#333333',
} as const;
const whiskerColor = '#333333';
const barGap = 0.05;
/** The share of a group's width that its bars take. */
const groupShare = 0.8;

interface Group {
  readonly title: string;
  readonly speeds: readonly (Quartiles | undefined)[];
}

/** Draws the speeds of the rows with the usual movers as bars, with whiskers from quartile to quartile. */
export function drawSpeedPlot(results: Results): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption(optionOf(groupsOf(results)));
    // The ids count the charts of a process.
    return `${chart.renderToSVGString().replace(/\bzr\d+/g, 'zr')}\n`;
  } finally {
    chart.dispose();
  }
}

function groupsOf({ rows: recorded }: Results): Group[] {
  const [[first = '' as MoverName] = []] = plotted;
  return rows
    .filter(({ id, place }) => place === 'local' && recorded[id]?.movers[first as MoverName])
    .map(({ id, title }) => ({
      title: title.replace(', ', '\n'),
      speeds: plotted.map(([mover]) => recorded[id]?.movers[mover]?.megabytesPerSecond),
    }));
}

function optionOf(groups: readonly Group[]): echarts.EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: font,
    title: {
      text: 'Speed by object size and chunk size × chunks in flight',
      textStyle: { ...font, fontSize: 15, fontWeight: 'bold' },
      left: 12,
      top: 10,
    },
    legend: { top: 38, left: 12, textStyle: font, itemGap: 32 },
    grid: { left: 62, right: 16, top: 84, bottom: 52 },
    xAxis: {
      type: 'category',
      data: groups.map(({ title }) => title),
      axisLabel: { ...font, lineHeight: 17, interval: 0 },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      name: 'MB/s, median with quartiles',
      nameLocation: 'middle',
      nameGap: 44,
      nameTextStyle: font,
      axisLabel: font,
    },
    series: plotted.flatMap((_, index) => seriesOf(groups, index)),
  };
}

function seriesOf(groups: readonly Group[], index: number): object[] {
  const [, name, color] = plotted[index] as (typeof plotted)[number];
  const speeds = groups.map(({ speeds: all }) => all[index]);
  const bars = {
    type: 'bar',
    name,
    data: speeds.map((speed) => speed?.median ?? '-'),
    itemStyle: { color },
    barGap: `${barGap * 100}%`,
    barCategoryGap: `${(1 - groupShare) * 100}%`,
  };
  const whiskers = {
    type: 'custom',
    name,
    renderItem: (_: unknown, api: Api) => whisker(index, api),
    data: speeds.flatMap((speed, group) => (speed ? [[group, speed.lower, speed.upper]] : [])),
    itemStyle: { color: whiskerColor },
    z: 10,
    silent: true,
  };
  return [bars, whiskers];
}

/** The part of the chart library's drawing interface that whiskers need. */
interface Api {
  value(dimension: number): number;
  coord(point: readonly number[]): number[];
  size(point: readonly number[]): number[];
}

function whisker(index: number, api: Api): object {
  const group = api.value(0);
  const [center = 0, bottom = 0] = api.coord([group, api.value(1)]);
  const [, top = 0] = api.coord([group, api.value(2)]);
  const [groupWidth = 0] = api.size([1, 0]);
  const count = plotted.length;
  const barWidth = (groupWidth * groupShare) / (count + (count - 1) * barGap);
  const x = center + (index - (count - 1) / 2) * barWidth * (1 + barGap);
  const cap = barWidth / 5;
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: 'line',
    shape: { x1, y1, x2, y2 },
    style: { stroke: whiskerColor, lineWidth: 1.5 },
  });
  return {
    type: 'group',
    children: [
      line(x, bottom, x, top),
      line(x - cap, bottom, x + cap, bottom),
      line(x - cap, top, x + cap, top),
    ],
  };
}
