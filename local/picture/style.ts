import type { Attributes } from '@viz-js/viz';

/** Shapes and colours of the picture. All browsers have the fonts. */

const font = { fontname: 'Helvetica,Arial,sans-serif' } as const;
const ink = '#1f2937';
const line = '#4b5563';
const quiet = { shape: 'box', fillcolor: '#f9fafb', fontsize: 11, height: 0.3 } as const;
const framed = { shape: 'box', style: 'filled,rounded', margin: '0.18,0.06' } as const;

// The first line is a space: the renderer fails with an empty line.
const legend = [
  '\u00a0',
  'Blue: a function, retried after a crash. Yellow: a choice by its answer. Dashed box: a wait.',
  'Dashed arrow: an error after all retries. Dotted arrow: an unknown answer, which is a bug.',
].join('\\n');

/** The whole picture. It is readable at the width of a README. */
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

/** The styles of states, by type. */
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

/** The start of an execution and the end of an iteration. */
export const dot: Attributes = {
  label: '',
  shape: 'circle',
  style: 'filled',
  width: 0.14,
  fillcolor: ink,
  color: ink,
};

/** The frame around the states of a Map. */
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

/** A transition of a transfer without failures. It is drawn straight. */
export const mainWay: Attributes = { weight: 20 };

/** A transition back. It does not affect the vertical order. */
export const backWay: Attributes = { constraint: false };

const faint: Attributes = { penwidth: 0.9, arrowsize: 0.5, weight: 0 };

/** A transition after an error. */
export const errorWay: Attributes = { ...faint, style: 'dashed', color: '#e0a3a3' };

/** A transition after a bug. */
export const bugWay: Attributes = { ...faint, style: 'dotted', color: '#9ca3af' };
