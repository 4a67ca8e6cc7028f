import { describe, expect, it, vi } from 'vitest';
import { TransferError } from '#src/core/errors/transfer-error.ts';
import type { Mutation } from '../../simulation/load/simulation.ts';
import { runSeed } from '../../simulation/run-seed.ts';
import { canaries, canariesIn, contextOf } from './canaries.ts';
import { CanarySearch, canarySearch, textOf } from './search.ts';
import { watchErrors } from './watch-errors.ts';
import { watchStream } from './watch-stream.ts';

const { planted, apiKey } = canaries;
const bytes = Buffer.from(planted);

describe('a canary', () => {
  it.each([
    ['plain', `a${planted}b`],
    ['within a URL', `https://h/?a=${encodeURIComponent(`/${planted}&`)}`],
    ['in JSON within JSON', JSON.stringify(JSON.stringify({ key: `"${planted}\\` }))],
    ['in capitals', planted.toUpperCase()],
    ['in base64', btoa(planted)],
    ['in base64, a byte later', btoa(`x${planted}yz`)],
    ['in base64, two bytes later', btoa(`xy${planted}z`)],
    ['in base64url', Buffer.from(`\u00ff${planted}`).toString('base64url')],
    ['in hexadecimal', bytes.toString('hex')],
    ['in hexadecimal capitals', bytes.toString('hex').toUpperCase()],
    ['as JSON of a Buffer', JSON.stringify(bytes)],
    [
      'as the inspection of a Buffer',
      `<Buffer ${bytes.toString('hex').replace(/..(?=.)/g, '$& ')}>`,
    ],
    ['percent-encoded throughout', bytes.toString('hex').replace(/../g, '%$&')],
  ])('is found %s', (_, text) => {
    expect(canariesIn(text)).toEqual([expect.stringContaining('the planted canary')]);
  });

  it('is found although its end is cut off', () => {
    expect(canariesIn(planted.slice(0, -2))).toEqual(['a part of a canary']);
  });

  it('is not found in other text', () => {
    expect(canariesIn('0ca9a25ec2e8, 0ca9a25ec2 and a key')).toEqual([]);
  });

  it('is reported by name and context, without its value', () => {
    const text = `the key ${apiKey} and ${apiKey}`;
    expect(canariesIn(text)).toEqual(['the API key (plain)']);
    expect(contextOf(text)).toContain('the key ferry+pass/[canary]');
    expect(canariesIn(contextOf(text))).toEqual([]);
  });
});

describe('the search finds a leak', () => {
  const found = (act: (search: CanarySearch) => void) => {
    const search = new CanarySearch();
    act(search);
    return search.takeFindings().map(({ kind, canaries: [first] }) => `${kind}: ${first}`);
  };

  it('in a log line with a URL', () => {
    const line = JSON.stringify({ message: 'sent', url: `https://u/?X-Amz-Signature=${planted}` });
    expect(found((search) => search.searchText('log lines', line))).toEqual([
      'log lines: the planted canary (plain)',
    ]);
  });

  it('in a row with its base64 form', () => {
    const row = { transferId: 't', note: btoa(`key=${planted}`) };
    expect(found((search) => search.search('rows', row))).toEqual([
      'rows: the planted canary (base64)',
    ]);
  });

  it("in an error's cause, within an event", () => {
    const error = new Error('failed', { cause: new Error('why', { cause: { headers: planted } }) });
    expect(found((search) => search.search('history', { error }))).toHaveLength(1);
  });

  it.each([
    ["an error's message", () => new Watched(planted)],
    ['the headers of its cause', () => new Watched('x', { cause: { headers: { key: planted } } })],
    ['a list in a cause of its cause', () => new Watched('x', { cause: nested })],
  ])('in %s, thrown or not', (_, make) => {
    const search = new CanarySearch();
    const searchErrors = (text: string) => search.searchText('errors', text);
    watchErrors(Watched, searchErrors, (task) => search.atEnd(task));
    expect([make(), make()]).toEqual([expect.any(Watched), expect.any(Watched)]);
    // Both at creation, and once more the formatted first error.
    expect(search.takeFindings()).toHaveLength(3);
  });

  it('in a stream, split by two writes', () => {
    const search = new CanarySearch();
    const write = vi.fn(() => true);
    const stream = { write } as unknown as NodeJS.WriteStream;
    const restore = watchStream(stream, (text) => search.searchText('printed', text));
    for (const piece of [planted.slice(0, 5), Buffer.from(planted.slice(5))]) stream.write(piece);
    restore();
    expect(search.takeFindings()).toHaveLength(1);
    expect(write).toHaveBeenCalledTimes(2);
  });

  it('once in an object that is searched twice', () => {
    const row = { planted };
    expect(found((search) => [row, row].map((one) => search.search('rows', one)))).toHaveLength(1);
  });

  it('in no text without a secret, and counts the text', () => {
    const search = new CanarySearch();
    search.search('rows', { a: 1 });
    expect([search.takeFindings(), search.counts]).toEqual([
      [],
      { rows: { items: 1, characters: textOf({ a: 1 }).length } },
    ]);
  });
});

class Watched extends Error {}

const nested = new Error('y', { cause: new AggregateError([new Error(planted)], 'z') });

describe('a simulation that shows a secret breaks an invariant', () => {
  const shown = async (mutation: Mutation) =>
    (await runSeed(1, mutation)).violations.find(
      ({ invariant }) => invariant === 'no secret is shown',
    )?.what;

  it('in a log line', async () => {
    const mutation: Mutation = {
      ports: ({ log }) => ({ log: { ...log, info: (line) => log.info(line, { apiKey }) } }),
    };
    expect(await shown(mutation)).toContain('log lines show the API key');
  });

  it('in an error of the transport', async () => {
    const mutation: Mutation = {
      transport: (wire) => ({
        send: async (request) => {
          if (request.method !== 'PUT') return wire.send(request);
          throw new TransferError('RequestRejectedError', `rejected: ${request.url}`);
        },
      }),
    };
    expect(await shown(mutation)).toContain("show a presigned URL's");
    // The error search of the test process found it too.
    expect(canarySearch.takeFindings().map(({ kind }) => kind)).toContain('errors');
  });

  it('in a row and an event', async () => {
    const mutation: Mutation = {
      ports: ({ events }) => ({
        events: {
          publish: (event) =>
            events.publish({ ...event, detail: { ...event.detail, btoa: btoa(apiKey) } }),
        },
      }),
    };
    expect(await shown(mutation)).toContain('events show the API key (base64)');
  });
});
