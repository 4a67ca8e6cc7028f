import { Command } from 'commander';
import { addDestinationOption, addSettingOptions } from '#local/commands/destination-options.ts';
import { mediaTypeOption } from '#local/commands/media-type-option.ts';
import { addTransferOptions } from '#local/commands/transfer-options.ts';
import { destinations } from '#src/destinations/registry.ts';
import type { IngestFlags } from '../ingest/ingest-flags.ts';
import { addExamples, addJsonOption, addPlaceOptions, parseWhole } from '../options.ts';
import type { CreateCommand } from './registry.ts';

/** Creates `chunkferry ingest`. */
export const ingestCommand: CreateCommand = (context, onEnd) => {
  const command = new Command().description(
    'Moves objects of S3 with a deployed stack, or files with a local run on this computer. Follows each to its end: Ctrl-C ends only the display of a stack, and a local run continues when it is started again.',
  );
  const complete = addRunOptions(addSourceOptions(command));
  addTransferOptions(
    addSettingOptions(addDestinationOption(addJsonOption(addPlaceOptions(complete)))),
  );
  command.action(async (sources: string[], flags: IngestFlags) => {
    const { ingest } = await import('../actions/ingest.ts');
    onEnd(await ingest(sources, flags, command, context));
  });
  return addExamples(command, [
    ['ingest s3://my-videos/a.mp4 s3://my-videos/b.mp4', 'with the deployed stack'],
    ['ingest s3://my-videos/archive/ --dry-run', 'lists what would be started, and what would not'],
    ['ingest "s3://my-videos/archive/2026-*.mov"', 'the keys that match'],
    ['ingest --list urls.txt --priority backfill --detach', 'starts an archive and returns'],
    ['ingest ./rushes "scenes/*.mov" --parallel 2', 'files, without a stack'],
    ['ingest s3://my-videos/a.mp4 --local', 'an object, without a stack'],
  ]).addHelpText('after', environmentText);
};

/** The environment of a local run, with the variable of each destination's secret. */
const environmentText = `
Environment of a local run:
${destinations
  .map(({ secret, title }) => `  ${secret.variable.padEnd(26)} the ${secret.noun} of ${title}`)
  .join('\n')}
  AWS_PROFILE, AWS_…         as in other AWS tools; used only for s3:// and --table
  AWS_ENDPOINT_URL_S3        endpoint of s3:// (default: AWS)
  AWS_ENDPOINT_URL_DYNAMODB  endpoint of --table (default: AWS)
  UPLOAD_REPLY_MS            time limit for the upload host's reply to a chunk, in milliseconds
  HTTPS_PROXY, HTTP_PROXY    proxy for outgoing https and http calls
  NO_PROXY                   hosts that are called without the proxy
  PRIVATE_UPLOAD_HOSTS       true allows upload hosts with private addresses
  NODE_EXTRA_CA_CERTS        CA certificate of a proxy that inspects TLS
  CHUNKFERRY_DEBUG           any value adds the stack trace to an error

Each setting of a destination has an option and an environment variable, which
docs/configuration.md lists.`;

/** Adds the options that name the sources. */
function addSourceOptions(command: Command): Command {
  return command
    .argument(
      '[source...]',
      's3://bucket/key, s3://bucket/prefix/ for all objects below, or a key with * or ?; or a file, a folder or a quoted glob',
    )
    .option('--list <file>', 'read more sources from this file, one a line; - is stdin')
    .option('--all', 'with s3://bucket: every object of the bucket')
    .option('--raw', 'take * and ? in a key as characters of the key')
    .option('--dry-run', 'print what would be started, one a line, and start nothing');
}

/** Adds the options that say how the sources are moved. */
function addRunOptions(command: Command): Command {
  return command
    .option(
      '--parallel <number>',
      'at most this many at once (default: 20 with a stack, 5 with --detach, 2 local runs)',
      parseWhole(1, 100),
    )
    .option('--detach', 'with a stack: start all, print the executions, and do not wait')
    .option('--watch', 'with a stack: show all that it moves, as chunkferry watch does')
    .option('--filename <name>', 'filename at the service, for one source')
    .addOption(mediaTypeOption())
    .option('--force', 'ingest again, even if an asset with this content exists')
    .option('--priority <priority>', 'with a stack: live, or backfill, which starts after all live')
    .option('--request-payer', 'local run: pay for reads of s3:// (Requester Pays buckets)')
    .option('--table <name>', 'local run: store the proofs in this DynamoDB table');
}
