import { join } from 'node:path';
import type { Account } from './account.ts';
import { bareEnvironment, type Paths } from './paths.ts';
import type { Processes } from './processes.ts';

/** Context values by key, for `-c key=value`. */
export type Context = Readonly<Record<string, string>>;

const limitMs = 240_000;

/** Runs this repository's CDK command line, without its questions and notices. */
export class Cdk {
  readonly #processes: Processes;
  readonly #paths: Paths;
  #runs = 0;

  constructor(processes: Processes, paths: Paths) {
    this.#processes = processes;
    this.#paths = paths;
  }

  /** @throws Error - with the last lines of the CDK's output */
  deploy(account: Account, context: Context): Promise<string> {
    const args = ['deploy', '--all', '--require-approval', 'never', ...contextArgs(context)];
    return this.#run(args, account.environment);
  }

  /**
   * Deploys the app of a user, in its own folder.
   * @throws Error - with the last lines of the CDK's output
   */
  deployApp(account: Account, folder: string): Promise<string> {
    const args = ['deploy', '--all', '--require-approval', 'never'];
    return this.#run(args, account.environment, this.#outputFolder(), folder);
  }

  /** Writes the templates into a folder and returns its path. Needs no account. */
  async synth(context: Context): Promise<string> {
    const folder = join(this.#paths.scratch, `synth-${this.#runs}`);
    await this.#run(['synth', '--quiet', ...contextArgs(context)], {}, folder);
    return folder;
  }

  #run(
    args: readonly string[],
    environment: Context,
    output = this.#outputFolder(),
    cwd = this.#paths.root,
  ) {
    this.#runs += 1;
    const quiet = ['--no-notices', '--no-color', '--progress', 'events', '--output', output];
    const env = {
      ...bareEnvironment(this.#paths),
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...environment,
    };
    const tool = join(this.#paths.root, 'node_modules', '.bin', 'cdk');
    return this.#processes.run(tool, [...args, ...quiet], { cwd, env }, limitMs);
  }

  #outputFolder(): string {
    return join(this.#paths.scratch, `cdk-${this.#runs}`);
  }
}

function contextArgs(context: Context): string[] {
  return Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}
