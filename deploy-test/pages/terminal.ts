import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../account.ts';
import { bareEnvironment, type Places } from '../places.ts';
import type { Processes } from '../processes.ts';
import { isLine, linesOfPages, type StackLine, stackLines } from './lines.ts';

/** What the commands need of the repository; the reader's own files lie among it. */
const parts = ['package.json', 'cdk.json', 'node_modules', 'src', 'functions', 'infra', 'local'];

const limitMs = 240_000;

/** What is around a line: not in it, but in the terminal that it is typed into. */
export interface Surroundings {
  /** Gives the value of an output that the line names in angle brackets. */
  readonly output?: (name: string) => Promise<string>;
  /** Context keys in the user's own file of the CDK. */
  readonly context?: Readonly<Record<string, string>>;
  readonly apiKey?: string;
}

/** Runs the lines of the pages in a shell, as a reader types them. */
export class Terminal {
  readonly #processes: Processes;
  readonly #places: Places;
  readonly #lines: readonly string[];
  readonly #run = new Set<StackLine>();

  private constructor(processes: Processes, places: Places, lines: string[]) {
    this.#processes = processes;
    this.#places = places;
    this.#lines = lines;
  }

  /** @param bin - the folder of the AWS CLI */
  static async open(processes: Processes, places: Places, bin: string): Promise<Terminal> {
    const terminal = new Terminal(processes, places, await linesOfPages(places.root));
    await mkdir(terminal.folder);
    for (const part of parts) await symlink(join(places.root, part), join(terminal.folder, part));
    await mkdir(terminal.#tools);
    await writeFile(join(terminal.#tools, 'aws'), awsWithEndpoint(bin), { mode: 0o755 });
    return terminal;
  }

  /** Where the lines are typed. */
  get folder(): string {
    return join(this.#places.scratch, 'terminal');
  }

  get #tools(): string {
    return join(this.#places.scratch, 'tools');
  }

  /** Lines that were not typed yet. */
  get left(): StackLine[] {
    return stackLines.filter((name) => !this.#run.has(name));
  }

  /**
   * Types a line with an account's credentials, and answers each question with yes.
   * @returns what it wrote
   * @throws Error - it ended with another code than 0; `output` is what it wrote
   */
  async type(name: StackLine, account: Account, around: Surroundings = {}): Promise<string> {
    const line = await filled(this.#lineOf(name), around);
    const env = await this.#environment(account, around);
    this.#run.add(name);
    const args = ['-c', `set -o pipefail; ${line}`];
    return this.#processes.run('bash', args, { cwd: this.folder, env }, limitMs);
  }

  #lineOf(name: StackLine): string {
    const found = this.#lines.filter((line) => isLine(line, name));
    if (found.length === 1) return found[0] ?? '';
    throw new Error(`the pages have ${found.length} lines ${JSON.stringify(name)} in place of one`);
  }

  async #environment(account: Account, { context = {}, apiKey = '' }: Surroundings) {
    const home = join(this.#places.scratch, `home-of-${account.id}`);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, '.cdk.json'), JSON.stringify({ context }));
    const bare = bareEnvironment(this.#places);
    return {
      ...bare,
      PATH: `${this.#tools}:${bare.PATH}`,
      HOME: home,
      // The questions of the CDK are answered with yes, as the reader does.
      CDK_YES: 'true',
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      npm_config_update_notifier: 'false',
      TWELVE_LABS_API_KEY: apiKey,
      ...account.environment,
    };
  }
}

/** Version 1 of the AWS CLI lets no variable but only this option move SQS away from AWS. */
function awsWithEndpoint(bin: string): string {
  return `#!/bin/sh\nexec ${JSON.stringify(join(bin, 'aws'))} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n`;
}

/** The line with a value for each name in angle brackets. */
async function filled(line: string, { output }: Surroundings): Promise<string> {
  let text = line;
  for (const [placeholder, name = ''] of line.matchAll(/<([A-Z]\w+)>/g)) {
    if (!output) throw new Error(`the line names ${placeholder}, which the test does not give`);
    text = text.replace(placeholder, await output(name));
  }
  return text;
}
