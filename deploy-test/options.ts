/** How the deployment test is asked to run. */
export interface Options {
  /** Deploys only, and leaves the emulator up until it is interrupted. */
  readonly keep: boolean;
}

/**
 * Reads the command line.
 * @throws Error - an argument is unknown; one line that names it
 */
export function readOptions(args: readonly string[]): Options {
  const unknown = args.find((arg) => arg !== '--keep');
  if (unknown !== undefined) {
    throw new Error(
      `Unknown argument ${JSON.stringify(unknown)}. The only one is --keep: npm run test:deploy -- --keep`,
    );
  }
  return { keep: args.includes('--keep') };
}
