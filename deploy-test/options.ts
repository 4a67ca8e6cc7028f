/** The options of the deployment test. */
export interface Options {
  /** Only deploys, and runs the emulator until Ctrl-C. */
  readonly keep: boolean;
}

/**
 * Reads the command line.
 * @throws Error - unknown argument
 */
export function readOptions(args: readonly string[]): Options {
  const unknown = args.find((arg) => arg !== '--keep');
  if (unknown !== undefined) {
    throw new Error(
      `Unknown argument ${JSON.stringify(unknown)}: must be --keep. Use: npm run test:deploy -- --keep`,
    );
  }
  return { keep: args.includes('--keep') };
}
