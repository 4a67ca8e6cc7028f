import { join } from 'node:path';
import type { Account } from './account.ts';
import { bareEnvironment, type Places } from './places.ts';
import type { Processes } from './processes.ts';

/** Context keys and their values, as `-c key=value`. */
export type Context = Readonly<Record<string, string>>;

const limitMs = 240_000;

/** The CDK's command line of this repository, as a person would run it, but for what it may ask or tell. */
export class Cdk {
  readonly #processes: Processes;
  readonly #places: Places;
  #runs = 0;

  constructor(processes: Processes, places: Places) {
    this.#processes = processes;
    this.#places = places;
  }

  /** @throws Error - with the last lines of what the CDK said */
  deploy(account: Account, context: Context): Promise<string> {
    const args = ['deploy', '--all', '--require-approval', 'never', ...contextArgs(context)];
    return this.#run(args, account.environment);
  }

  /** Writes the templates into a folder and gives its path. No account is needed. */
  async synth(context: Context): Promise<string> {
    const folder = join(this.#places.scratch, `synth-${this.#runs}`);
    await this.#run(['synth', '--quiet', ...contextArgs(context)], {}, folder);
    return folder;
  }

  #run(args: readonly string[], environment: Context, output = this.#outputFolder()) {
    this.#runs += 1;
    const quiet = ['--no-notices', '--no-color', '--progress', 'events', '--output', output];
    const env = {
      ...bareEnvironment(this.#places),
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      ...environment,
    };
    const tool = join(this.#places.root, 'node_modules', '.bin', 'cdk');
    return this.#processes.run(tool, [...args, ...quiet], { cwd: this.#places.root, env }, limitMs);
  }

  #outputFolder(): string {
    return join(this.#places.scratch, `cdk-${this.#runs}`);
  }
}

function contextArgs(context: Context): string[] {
  return Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}
