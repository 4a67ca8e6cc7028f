import { describe, expect, it, vi } from 'vitest';
import { TransferError } from '#src/core/errors/errors.ts';
import type { Mutation } from '../../simulation/load/simulation.ts';
import { runSeed } from '../../simulation/run-seed.ts';
import { around, canaries, canariesIn } from './canaries.ts';
import { CanarySearch, canarySearch, textOf } from './search.ts';
import { watchErrors } from './watch-errors.ts';
import { watchStream } from './watch-stream.ts';

const { planted, apiKey } = canaries;
const bytes = Buffer.from(planted);

describe('a canary', () => {
  it.each([
    ['as it is', `a${planted}b`],
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

  it('is found though its end is cut off', () => {
    expect(canariesIn(planted.slice(0, -2))).toEqual(['a part of a canary']);
  });

  it('is not found where there is none', () => {
    expect(canariesIn('0ca9a25ec2e8, 0ca9a25ec2 and a key')).toEqual([]);
  });

  it('is told by its name and its surroundings, never by itself', () => {
    const text = `the key ${apiKey} and ${apiKey}`;
    expect(canariesIn(text)).toEqual(['the API key (as it is)']);
    expect(around(text)).toContain('the key ferry+pass/[canary]');
    expect(canariesIn(around(text))).toEqual([]);
  });
});

describe('the search finds a leak', () => {
  const found = (look: (search: CanarySearch) => void) => {
    const search = new CanarySearch();
    look(search);
    return search.takeFindings().map(({ kind, canaries: [first] }) => `${kind}: ${first}`);
  };

  it('in a log line with a URL', () => {
    const line = JSON.stringify({ message: 'sent', url: `https://u/?X-Amz-Signature=${planted}` });
    expect(found((search) => search.searchText('log lines', line))).toEqual([
      'log lines: the planted canary (as it is)',
    ]);
  });

  it('in a row that holds base64 of it', () => {
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
    const look = (text: string) => search.searchText('errors', text);
    watchErrors(Watched, look, (task) => search.atEnd(task));
    expect([make(), make()]).toEqual([expect.any(Watched), expect.any(Watched)]);
    // Both as they are made, and once more what would be printed of the first.
    expect(search.takeFindings()).toHaveLength(3);
  });

  it('in what is written to a stream, cut by two writes', () => {
    const search = new CanarySearch();
    const write = vi.fn(() => true);
    const stream = { write } as unknown as NodeJS.WriteStream;
    const restore = watchStream(stream, (text) => search.searchText('printed', text));
    for (const piece of [planted.slice(0, 5), Buffer.from(planted.slice(5))]) stream.write(piece);
    restore();
    expect(search.takeFindings()).toHaveLength(1);
    expect(write).toHaveBeenCalledTimes(2);
  });

  it('once, in an object that is shown to it twice', () => {
    const row = { planted };
    expect(found((search) => [row, row].map((one) => search.search('rows', one)))).toHaveLength(1);
  });

  it('in none that has no secret, and counts it', () => {
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

describe('a simulation that shows a secret breaks a promise', () => {
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

  it('in an error of the wire', async () => {
    const mutation: Mutation = {
      transport: (wire) => ({
        send: async (request) => {
          if (request.method !== 'PUT') return wire.send(request);
          throw new TransferError('RequestRejectedError', `refused: ${request.url}`);
        },
      }),
    };
    expect(await shown(mutation)).toContain("show a presigned URL's");
    // So does every test: the errors were looked at when they were made.
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
