import { describe, expect, it } from 'vitest';
import { createPlainDisplay } from '#local/terminal/plain-display.ts';
import { createRedraw } from '#local/terminal/redraw.ts';
import { canRedraw, createTerminalDisplay } from '#local/terminal/status-display.ts';
import type { TransferView } from '#local/terminal/transfer-view.ts';

const view: TransferView = {
  phase: 'processing',
  phaseSince: 0,
  doneBytes: 0,
  totalBytes: 0,
  runBytes: 0,
  runSince: 0,
  wait: undefined,
};

/** Returns a terminal that records its output. */
function terminal(columns: number) {
  const written: string[] = [];
  const stream = { isTTY: true, columns, write: (text: string) => written.push(text) > 0 };
  return { stream: stream as unknown as NodeJS.WriteStream, written };
}

describe('N10: a terminal', () => {
  it('keeps its cursor and its modes', () => {
    const { stream, written } = terminal(80);
    const display = createTerminalDisplay(stream);
    display.show(() => 'status', view);
    display.print('a line');
    display.clear();
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of a terminal
    expect(written.join('')).not.toMatch(/\x1b\[\?/);
  });

  it('of 40 columns gets a status that does not wrap', () => {
    const { stream, written } = terminal(40);
    const display = createTerminalDisplay(stream);
    display.show(() => 'x'.repeat(100), view);
    display.clear();
    const drawn = written.filter((text) => text.startsWith('x'));
    expect(drawn.every((text) => text.length < 40)).toBe(true);
    expect(drawn.length).toBeGreaterThan(0);
  });

  // docker/compose#13519
  it('that became narrower is erased to the first row of the wrapped lines', () => {
    const { stream, written } = terminal(80);
    const redraw = createRedraw(stream);
    redraw.show(['x'.repeat(60), 'short', '影'.repeat(35)]);
    Object.assign(stream, { columns: 40 });
    written.length = 0;
    redraw.show(['again']);
    expect(written.join('')).toContain('\x1b[5A');
  });

  it.each([
    [{ TERM: 'xterm' }, true],
    [{ TERM: 'dumb' }, false],
    [{}, true],
    // console-rs/indicatif#807: NO_COLOR is about colors only.
    [{ NO_COLOR: '1' }, true],
    // DevExpress/testcafe#733: a CI service keeps every redrawn line in its log.
    [{ TERM: 'xterm', CI: 'true' }, false],
    [{ CI: 'false' }, true],
    [{ CI: '' }, true],
  ])('with %j can redraw: %s', (env, isRedrawn) => {
    expect(canRedraw({ isTTY: true } as NodeJS.WriteStream, env)).toBe(isRedrawn);
  });
});

describe('a log file', () => {
  function plain() {
    const lines: string[] = [];
    const clock = { now: 1_000_000 };
    const output = { write: (text: string) => lines.push(text) > 0 };
    return { lines, clock, display: createPlainDisplay(output, () => clock.now) };
  }
  const draw = () => '';

  it('gets one line a minute for an unchanged wait', () => {
    const { lines, clock, display } = plain();
    const wait = { what: 'the network', why: undefined, nextTry: clock.now + 4_000 };
    for (let second = 0; second < 70; second++) {
      display.show(draw, { ...view, wait });
      clock.now += 1_000;
    }
    expect(lines.filter((line) => line.includes('Waiting'))).toHaveLength(2);
  });

  it('gets the phase, and every minute the phase with the elapsed time', () => {
    const { lines, clock, display } = plain();
    display.show(draw, { ...view, phaseSince: clock.now });
    clock.now += 61_000;
    display.show(draw, { ...view, phaseSince: clock.now - 61_000 });
    expect(lines).toEqual([
      '  The service is processing the asset\n',
      '  The service is processing the asset, 61 s so far\n',
    ]);
  });
});
