import { type Command, InvalidArgumentError } from 'commander';
import { defaultStack } from './options.ts';

/** Options that configure a stack before it exists. */
export interface StackConfiguration {
  readonly stack: string;
  readonly sourceBucket?: readonly string[];
  readonly context?: Readonly<Record<string, string>>;
}

/** Adds the options that configure a stack: every key of `docs/configuration.md`, and short forms. */
export function addConfigurationOptions(command: Command): Command {
  return command
    .option('--stack <name>', 'name of the stack', defaultStack)
    .option(
      '--source-bucket <name>',
      'existing bucket whose new objects are moved; repeatable',
      append,
    )
    .option('-c, --context <key=value>', 'a key of docs/configuration.md; repeatable', addPair);
}

/** Returns the configuration as the context of the CDK app. */
export function contextOf({ stack, sourceBucket, context }: StackConfiguration) {
  return {
    ...(stack !== defaultStack && { stackName: stack }),
    ...(sourceBucket && { sourceBuckets: sourceBucket.join(',') }),
    ...context,
  };
}

function append(value: string, values: readonly string[] = []): readonly string[] {
  return [...values, value];
}

function addPair(text: string, pairs: Readonly<Record<string, string>> = {}) {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Use key=value, such as suffixes=.mp4,.mov.');
  return { ...pairs, [text.slice(0, at)]: text.slice(at + 1) };
}
