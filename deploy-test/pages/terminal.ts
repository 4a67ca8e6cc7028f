import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../account.ts';
import { bareEnvironment, type Paths } from '../paths.ts';
import type { Processes } from '../processes.ts';
import { isLine, linesOfPages, type StackLine, stackLines } from './lines.ts';

/** The part of the repository that the commands need. The folder has links to it and the reader's own files. */
const linkedFiles = [
  'package.json',
  'cdk.json',
  'node_modules',
  'src',
  'functions',
  'infra',
  'local',
  'cli',
];

const limitMs = 240_000;

/** The values that a line needs besides its own text. */
export interface Surroundings {
  /** Returns the value of an output that the line has in angle brackets. */
  readonly output?: (name: string) => Promise<string>;
  /** Context values in the user's own CDK file. */
  readonly context?: Readonly<Record<string, string>>;
  readonly apiKey?: string;
  /** Where the line is typed. Default: the terminal's own folder. */
  readonly folder?: string;
  /** What a reader adds to the line. */
  readonly more?: string;
}

/** Runs the lines of the pages in a shell, as a reader types them. */
export class Terminal {
  readonly #processes: Processes;
  readonly #paths: Paths;
  readonly #lines: readonly string[];
  readonly #run = new Set<StackLine>();

  private constructor(processes: Processes, paths: Paths, lines: string[]) {
    this.#processes = processes;
    this.#paths = paths;
    this.#lines = lines;
  }

  /** @param bin - the folder of the AWS CLI */
  static async open(processes: Processes, paths: Paths, bin: string): Promise<Terminal> {
    const terminal = new Terminal(processes, paths, await linesOfPages(paths.root));
    await mkdir(terminal.folder);
    for (const name of linkedFiles)
      await symlink(join(paths.root, name), join(terminal.folder, name));
    await mkdir(terminal.#tools);
    await writeFile(join(terminal.#tools, 'aws'), awsWithEndpoint(bin), { mode: 0o755 });
    return terminal;
  }

  /** The working folder of the lines. */
  get folder(): string {
    return join(this.#paths.scratch, 'terminal');
  }

  get #tools(): string {
    return join(this.#paths.scratch, 'tools');
  }

  /** The lines that did not run yet. */
  get remaining(): StackLine[] {
    return stackLines.filter((name) => !this.#run.has(name));
  }

  /**
   * Runs a line with an account's credentials, and answers each question with yes.
   * @returns the output
   * @throws Error - the exit code is not 0; `output` has the output
   */
  async type(name: StackLine, account: Account, around: Surroundings = {}): Promise<string> {
    this.#run.add(name);
    return this.typeText(this.#lineOf(name), account, around);
  }

  /** Runs a line that is on no page of the repository, as `type` does. */
  async typeText(text: string, account: Account, around: Surroundings = {}): Promise<string> {
    const { folder = this.folder, more } = around;
    const line = [await fillIn(text, around), ...(more ? [more] : [])].join(' ');
    const env = await this.#environment(account, around);
    const args = ['-c', `set -o pipefail; ${line}`];
    return this.#processes.run('bash', args, { cwd: folder, env }, limitMs);
  }

  #lineOf(name: StackLine): string {
    const found = this.#lines.filter((line) => isLine(line, name));
    if (found.length === 1) return found[0] ?? '';
    throw new Error(`Found ${found.length} lines ${JSON.stringify(name)} in the pages: expected 1`);
  }

  async #environment(account: Account, { context = {}, apiKey = '' }: Surroundings) {
    const home = join(this.#paths.scratch, `home-of-${account.id}`);
    await mkdir(home, { recursive: true });
    await writeFile(join(home, '.cdk.json'), JSON.stringify({ context }));
    const bare = bareEnvironment(this.#paths);
    return {
      ...bare,
      PATH: `${this.#tools}:${bare.PATH}`,
      HOME: home,
      // Answers the questions of the CDK with yes.
      CDK_YES: 'true',
      CDK_DISABLE_VERSION_CHECK: '1',
      CDK_DISABLE_CLI_TELEMETRY: 'true',
      npm_config_update_notifier: 'false',
      TWELVE_LABS_API_KEY: apiKey,
      ...account.environment,
    };
  }
}

/** Returns a wrapper for the AWS CLI. In version 1, only this option sets the endpoint of SQS. */
function awsWithEndpoint(bin: string): string {
  return `#!/bin/sh\nexec ${JSON.stringify(join(bin, 'aws'))} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n`;
}

/** Replaces each name in angle brackets by its value. */
async function fillIn(line: string, { output }: Surroundings): Promise<string> {
  let text = line;
  for (const [placeholder, name = ''] of line.matchAll(/<([A-Z]\w+)>/g)) {
    if (!output) throw new Error(`Missing value for ${placeholder} in the line: ${line}`);
    text = text.replace(placeholder, await output(name));
  }
  return text;
}
