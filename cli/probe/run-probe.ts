import type { Clock } from '#src/core/ports/clock.ts';
import { compareAnswer, judgeRejection, type ProbeFinding, reportAnswer } from './finding.ts';
import {
  askUrls,
  chunkOf,
  etagFinding,
  openProbeSession,
  type ProbeSession,
  pathOf,
  type SentChunk,
  sendFresh,
  sentChunk,
  sessionFindings,
  singleUseFinding,
  urlsIn,
} from './probe-session.ts';
import type { ProbedAsset } from './probed-asset.ts';
import { isSuccess, type ProbedService, type ProbeReply, successOf } from './probed-service.ts';

/** What a probe works with. */
export interface ProbeRun {
  readonly service: ProbedService;
  /** A playable film of at least two chunks. */
  readonly file: Buffer;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The upload of the probe; the run notes what it learns of it. */
  readonly asset: ProbedAsset;
  /** Called with each answer. */
  readonly found: (finding: ProbeFinding) => void;
}

/** Asks the service what its documents leave open. Leaves one asset, which the caller deletes. */
export async function runProbe(run: ProbeRun): Promise<void> {
  const { service, file, found } = run;
  const session = await openProbeSession(service, file, run.asset);
  for (const finding of sessionFindings(session)) found(finding);
  found(await unfinishedFinding(run, session));
  found(await listedFinding(run, session));
  const first = await probeFirstChunk(run, session);
  found(await pastEndFinding(run, session));
  const rest: SentChunk[] = [];
  for (let index = 2; index <= session.totalChunks; index++)
    rest.push(await sendFresh(service, session, file, index));
  await probeReports(run, session, first, rest);
  await probeCompletion(run, session, first);
  const limits = [...service.limits].map(([name, value]) => `${name}: ${value}`).join(', ');
  found(reportAnswer('limits in headers', limits || 'none in any reply'));
}

/** Sends the first chunk twice to one URL: shows the ETag and single use. */
async function probeFirstChunk(run: ProbeRun, session: ProbeSession): Promise<SentChunk> {
  const { service, file, found } = run;
  const url = session.urls.get(1) ?? (await freshUrl(run, session, 1));
  const bytes = chunkOf(file, session, 1);
  const put = successOf(await service.put(url, session.headers, bytes), 'sending chunk 1');
  found(etagFinding(bytes, put));
  found(singleUseFinding(await service.put(url, session.headers, bytes)));
  return sentChunk(1, bytes, put);
}

async function freshUrl({ service }: ProbeRun, session: ProbeSession, index: number) {
  const reply = successOf(await askUrls(service, session, index, 1), 'asking for a URL');
  return urlsIn(reply.json).get(index) ?? '';
}

async function unfinishedFinding({ service, asset }: ProbeRun, { assetId }: ProbeSession) {
  const reply = await service.call('GET', `/assets/${encodeURIComponent(assetId)}`);
  const { status, json } = reply;
  asset.wasSeen = isSuccess(reply);
  const found = status === 404 ? 'not found' : String(json?.status ?? status);
  return compareAnswer('unfinishedAsset', found, 'processing', found === 'processing');
}

async function listedFinding({ service }: ProbeRun, { uploadId }: ProbeSession) {
  const path = '/assets/multipart-uploads?page=1&page_limit=50';
  const { json } = successOf(await service.call('GET', path), 'listing unfinished uploads');
  const data: readonly Record<string, unknown>[] = Array.isArray(json?.data) ? json.data : [];
  const states = [...new Set(data.map(({ status }) => String(status)))].join(', ') || 'none';
  const isOwn = data.some(({ upload_id }) => upload_id === uploadId);
  const found = `${states}; the new session is ${isOwn ? '' : 'not '}on the first page`;
  return compareAnswer('listedStates', found, 'only active', isOwn && states === 'active');
}

async function pastEndFinding({ service }: ProbeRun, session: ProbeSession): Promise<ProbeFinding> {
  const reply = await askUrls(service, session, session.totalChunks, 2);
  return judgeRejection('countPastEnd', reply, '', `clipped to ${urlsIn(reply.json).size} URL`);
}

/** Reports the first chunk with a wrong proof, then rightly, then all others. */
async function probeReports(
  run: ProbeRun,
  session: ProbeSession,
  first: SentChunk,
  rest: readonly SentChunk[],
): Promise<void> {
  const { service, found } = run;
  const wrong = await report(service, session, [{ ...first, proof: '0'.repeat(32) }]);
  found(judgeRejection('badReport', wrong, '', 'accepted'));
  const good = !isSuccess(wrong) ? first : await sendFresh(service, session, run.file, 1);
  successOf(await report(service, session, [good]), 'reporting chunk 1');
  const urls = await askUrls(service, session, 1, 1);
  const given = isSuccess(urls) ? `${urlsIn(urls.json).size} URL` : `rejected (${urls.status})`;
  found(compareAnswer('completedChunkUrls', given, '1 URL', given === '1 URL'));
  const last = successOf(await report(service, session, rest), 'reporting the other chunks');
  found(reportAnswer('reply to the last report', lastReport(last)));
}

function lastReport({ json = {} }: ProbeReply): string {
  const fields = Object.keys(json).sort();
  return `fields ${fields.join(', ')}; url ${typeof json.url === 'string' ? 'set' : 'not set'}`;
}

function report(service: ProbedService, { uploadId }: ProbeSession, chunks: readonly SentChunk[]) {
  return service.call('POST', pathOf(uploadId), { completed_chunks: chunks });
}

/** How long a session may stay active after its last report, in ms. */
const completionMs = 60_000;

async function probeCompletion(
  { service, found, clock, signal }: ProbeRun,
  session: ProbeSession,
  first: SentChunk,
): Promise<void> {
  const from = clock.now();
  const ask = () => service.call('GET', `${pathOf(session.uploadId)}?page=1&page_limit=1`);
  let reply = await ask();
  while (reply.json?.status === 'active' && clock.now() - from < completionMs) {
    await clock.sleep(1_000, signal);
    reply = await ask();
  }
  const state = reply.status === 404 ? 'not found' : String(reply.json?.status ?? reply.status);
  const waited = Math.round((clock.now() - from) / 1000);
  const isAtOnce = state === 'completed' && waited === 0;
  found(
    compareAnswer('completedAfterMs', `${state} after ${waited} s`, 'completed at once', isAtOnce),
  );
  const again = await report(service, session, [first]);
  const duplicates = Number(again.json?.duplicate_chunks ?? 0);
  found(judgeRejection('reportAfterCompletion', again, '', `accepted, ${duplicates} duplicates`));
}
