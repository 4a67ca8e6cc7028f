import type { Attributes } from '@viz-js/viz';

/** Shapes and colours of the picture. The fonts are such as every reader's browser has. */

const font = { fontname: 'Helvetica,Arial,sans-serif' } as const;
const ink = '#1f2937';
const line = '#4b5563';
const quiet = { shape: 'box', fillcolor: '#f9fafb', fontsize: 11, height: 0.3 } as const;
const framed = { shape: 'box', style: 'filled,rounded', margin: '0.18,0.06' } as const;

// Its first line is a space, not empty: an empty one stops the renderer.
const legend = [
  '\u00a0',
  'Blue: a function; a crash is tried again first. Yellow: where its answer leads. Dashed box: a pause.',
  'Dashed arrow: an error that stayed. Dotted arrow: an answer that no state knows, which is a bug.',
].join('\\n');

/** Of the whole picture: narrow enough to be read at the width of a README. */
export const sheet: Attributes = {
  ...font,
  rankdir: 'TB',
  compound: true,
  nodesep: 0.22,
  ranksep: 0.36,
  pad: 0.15,
  bgcolor: '#ffffff',
  label: legend,
  labelloc: 'b',
  fontsize: 11,
  fontcolor: line,
};

export const everyNode: Attributes = { ...font, fontsize: 14, fontcolor: ink, penwidth: 1.4 };

export const everyEdge: Attributes = {
  ...font,
  fontsize: 12,
  fontcolor: line,
  color: line,
  arrowsize: 0.7,
};

/** By type of state. */
export const stateStyles: Readonly<Record<string, Attributes>> = {
  Task: { ...framed, fillcolor: '#dbeafe', color: '#2563eb', margin: '0.2,0.09' },
  Choice: {
    shape: 'hexagon',
    style: 'filled',
    fillcolor: '#fef3c7',
    color: '#d97706',
    margin: 0.02,
  },
  Wait: { ...quiet, style: 'filled,rounded,dashed', color: '#6b7280', margin: '0.12,0.04' },
  Pass: {
    ...quiet,
    style: 'filled',
    penwidth: 1,
    color: '#d1d5db',
    fontcolor: '#6b7280',
    margin: '0.1,0.03',
  },
  Succeed: { ...framed, fillcolor: '#bbf7d0', color: '#15803d' },
  Fail: { ...framed, fillcolor: '#fecaca', color: '#b91c1c', fontsize: 12 },
};

/** Where an execution begins, and where an iteration ends. */
export const dot: Attributes = {
  label: '',
  shape: 'circle',
  style: 'filled',
  width: 0.14,
  fillcolor: ink,
  color: ink,
};

/** Around the states of a Map. */
export const frame: Attributes = {
  style: 'rounded,filled',
  fillcolor: '#f0f7ff',
  color: '#93c5fd',
  fontsize: 13,
  fontcolor: ink,
  labelloc: 't',
  labeljust: 'l',
  margin: 14,
};

/** The way of a transfer in which nothing fails: kept straight. */
export const mainWay: Attributes = { weight: 20 };

/** A way back, which says nothing about what stands above what. */
export const backWay: Attributes = { constraint: false };

const faint: Attributes = { penwidth: 0.9, arrowsize: 0.5, weight: 0 };

/** A way that only an error takes. */
export const errorWay: Attributes = { ...faint, style: 'dashed', color: '#e0a3a3' };

/** A way that only a bug takes. */
export const bugWay: Attributes = { ...faint, style: 'dotted', color: '#9ca3af' };
