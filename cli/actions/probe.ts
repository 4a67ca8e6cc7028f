import { randomInt, randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { paddedMedia } from '#local/media/padded-media.ts';
import { formatBytes } from '#local/terminal/size.ts';
import { definitionOf } from '#src/destinations/registry.ts';
import { createConnectGuard } from '#src/http/public-addresses.ts';
import { createTransport } from '#src/http/transport.ts';
import { closeAgent, createAgent } from '#src/http/undici.ts';
import { readSettings } from '#src/service-api/settings.ts';
import { CommandError } from '../command-error.ts';
import { confirm } from '../confirm.ts';
import { type Context, jsonResult, note, result } from '../context.ts';
import { describeError } from '../describe-error.ts';
import type { Ending } from '../exit-codes.ts';
import { type Column, tableOf } from '../output/table.ts';
import { deleteAsset } from '../probe/delete-asset.ts';
import type { ProbeFinding } from '../probe/finding.ts';
import {
  findProbedAsset,
  leftLine,
  newProbedAsset,
  type ProbedAsset,
} from '../probe/probed-asset.ts';
import { openProbedService, type ProbedService } from '../probe/probed-service.ts';
import { runProbe } from '../probe/run-probe.ts';

export interface Flags {
  readonly baseUrl?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Two chunks of the documented 5 MiB, and a short third one. */
const fileBytes = 11 * 1024 * 1024;

/** Random bytes more, so that the list of unfinished uploads, which has no names, shows the probe's own by its size. */
const mostExtraBytes = 64 * 1024;

const definition = definitionOf('twelvelabs', 'probe');

const columns: readonly Column[] = [
  { title: 'QUESTION', importance: 0 },
  { title: 'FOUND', importance: 0, isFlexible: true, leastWidth: 16 },
  { title: 'ASSUMED', importance: 1 },
  { title: 'HOLDS', importance: 0 },
];

export async function probe(flags: Flags, context: Context): Promise<Ending> {
  const { env } = context;
  const { variable } = definition.secret;
  const key = env[variable];
  if (!key)
    throw new CommandError(
      'credentials',
      `${variable} is not set. Put the API key of TwelveLabs into this environment variable.`,
    );
  const flagged = flags.baseUrl === undefined ? {} : { TWELVELABS_BASE_URL: flags.baseUrl };
  const { baseUrl } = readSettings(definition, { ...env, ...flagged });
  await confirm(
    [
      `The account of ${variable} at ${baseUrl}`,
      `Sends one film of ${formatBytes(fileBytes)} in one upload session, makes about 20 calls, and deletes the asset. The service may count the film towards your quota.`,
    ],
    flags,
    context,
  );
  const guard = createConnectGuard({ baseUrl, mayBePrivate: false });
  const agent = createAgent({ guard });
  try {
    const transport = createTransport({ agent, clock: context.clock });
    const service = openProbedService(transport, { baseUrl, key, signal: context.signal });
    return await probeService(service, flags, context);
  } finally {
    await closeAgent(agent);
  }
}

/** Runs the probe, deletes its asset in any case, and prints what was found, also before a failure. */
async function probeService(
  service: ProbedService,
  flags: Flags,
  context: Context,
): Promise<Ending> {
  const findings: ProbeFinding[] = [];
  const asset = newProbedAsset(`chunkferry-probe-${randomUUID()}.mp4`);
  context.onInterrupt(
    () => `Interrupted. ${asset.mayExist ? leftLine(asset) : 'Nothing was created.'}`,
  );
  const { clock, signal } = context;
  const file = await buffer(await paddedMedia(fileBytes + randomInt(mostExtraBytes)));
  const found = (finding: ProbeFinding) => {
    findings.push(finding);
    if (!flags.json) note(context, `${finding.about}: ${finding.found}`);
  };
  const run = { service, clock, signal, file, asset, found };
  const failure = await runProbe(run).catch((error: unknown) => error);
  const deleted = asset.mayExist ? await cleanUp(service, asset, file.length, context) : undefined;
  if (flags.json)
    jsonResult(context, {
      version: 1,
      findings,
      asset: asset.assetId,
      deleted,
      left: deleted === false ? leftLine(asset) : undefined,
      failure: lineOf(failure),
    });
  else if (findings.length > 0)
    result(context, tableOf(columns, findings.map(rowOf), context.io.stdout));
  if (deleted === false) note(context, leftLine(asset));
  else if (deleted) note(context, `The asset ${asset.assetId} is deleted.`);
  if (failure !== undefined) throw failure;
  return deleted === false || findings.some(({ holds }) => holds === false) ? 'failed' : 'done';
}

/** Deletes what the probe may have created. Returns whether it is gone. Never rejects. */
async function cleanUp(
  service: ProbedService,
  asset: ProbedAsset,
  sizeBytes: number,
  context: Context,
): Promise<boolean> {
  if (asset.assetId === undefined) await findProbedAsset(service, asset, sizeBytes);
  return deleteAsset(service, asset, context);
}

function lineOf(failure: unknown): string | undefined {
  return failure === undefined ? undefined : describeError(failure, 'local').line;
}

function rowOf({ about, found, assumed = '', holds }: ProbeFinding): string[] {
  return [about, found, assumed, holds === undefined ? '' : holds ? 'yes' : 'NO'];
}
