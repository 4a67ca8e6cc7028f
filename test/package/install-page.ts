import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { commandLines } from '../../deploy-test/pages/command-lines.ts';
import { stackLines } from '../../deploy-test/pages/lines.ts';
import { type Ended, run } from '../../packaging/installed-app.ts';

const page = readFileSync('docs/install.md', 'utf8');
const { engines, optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The oldest Node.js that `engines` allows. */
const oldest = engines.node.replace('>=', '');

const [installLine = '', smallInstallLine = '', ...otherLines] = commandLines(page);

/** The optional package that asks for a newer Node.js, so npm leaves it out. It runs all the same. */
const needsNewerNode = '@20minutes/s3rver';

/** The first block of TypeScript on the page: what a user adds to a stack. */
const [, snippet = ''] = /```ts\n(.*?)```/s.exec(page) ?? [];

/** Puts the lines of the page into a stack of a user, with the bucket that they name. */
function stackOfPage(): string {
  const lines = snippet.trim().split('\n');
  const isImport = (line: string) => line.startsWith('import ');
  return `
import * as cdk from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
${lines.filter(isImport).join('\n')}

class Media extends cdk.Stack {
  constructor(scope, id) {
    super(scope, id);
    const videos = new s3.Bucket(this, 'Videos', { eventBridgeEnabled: true });
    ${lines.filter((line) => !isImport(line)).join('\n    ')}
  }
}
const app = new cdk.App({ outdir: 'cdk.out' });
new Media(app, 'Media');
app.synth();
`;
}

/** Describes the page, followed in empty folders with the oldest Node.js. */
export function describeInstallPage(tarballPath: () => string): void {
  describe(`docs/install.md, followed in an empty folder with Node.js ${oldest}`, () => {
    let node: string;
    let folder: string;

    /** Runs a line of the page. The tarball replaces the name of the package in what npm installs. */
    function type(line: string, cwd: string): Promise<Ended> {
      const file = `./${basename(tarballPath())}`;
      const local = line.replace(/^(npm install .*)\bchunkferry$/, `$1${file}`);
      return run('bash', ['-c', local], {
        cwd,
        node,
        env: { npm_config_audit: 'false', npm_config_prefer_offline: 'true' },
      });
    }

    function emptyFolder(name: string): string {
      const path = join(dirname(tarballPath()), name);
      mkdirSync(path);
      writeFileSync(join(path, basename(tarballPath())), readFileSync(tarballPath()));
      return path;
    }

    beforeAll(async () => {
      folder = emptyFolder('empty');
      const print = ['-y', `node@${oldest}`, '-p', 'process.execPath'];
      const { stdout, stderr } = await run('npx', print, { cwd: folder });
      node = stdout.trim();
      expect([existsSync(node), stderr]).toEqual([true, expect.any(String)]);
      const installed = await type(installLine, folder);
      expect([installed.code, installed.stderr]).toEqual([0, expect.not.stringContaining('ERR!')]);
    }, 600_000);

    it('has the lines that this test and the deployment test run, and no others', () => {
      expect([installLine, smallInstallLine]).toEqual([
        'npm install chunkferry',
        'npm install --omit=optional chunkferry',
      ]);
      const [exportLine, ...rest] = otherLines.toReversed();
      expect(exportLine).toMatch(/^npx chunkferry export /);
      for (const line of rest) expect(stackLines).toContain(line);
    });

    it('installs the package, its peers, and the optional packages that this Node.js may have', () => {
      const optional = Object.keys(optionalDependencies);
      const packages = ['chunkferry', 'aws-cdk-lib', 'constructs', ...optional];
      const missing = packages.filter((name) => !existsSync(join(folder, 'node_modules', name)));
      expect(missing).toEqual([needsNewerNode]);
      expect(page).toContain(`\`${needsNewerNode}\``);
    });

    it('runs the program: its help and its version', async () => {
      const help = await type('npx chunkferry --help', folder);
      expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('Usage: chunkferry')]);
      const version = await type('npx chunkferry version', folder);
      expect(version.stdout).toContain(`Node.js ${oldest}`);
    }, 120_000);

    it('runs the demo after the command that it names', async () => {
      const demo = 'npx chunkferry demo --size 16MiB';
      const { stderr } = await type(demo, folder);
      const [, install = ''] =
        /Run (npm install .+), then the same command again\.$/m.exec(stderr) ?? [];
      expect(install).toContain(needsNewerNode);
      expect((await type(install, folder)).code).toBe(0);
      const again = await type(demo, folder);
      expect([again.code, again.stderr]).toEqual([0, expect.not.stringMatching(/^\s+at /m)]);
    }, 300_000);

    it('synthesizes the lines of the page in a stack of an app', async () => {
      writeFileSync(join(folder, 'app.mjs'), stackOfPage());
      const { code, stderr } = await run('node', ['app.mjs'], { cwd: folder, node });
      expect([code, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
      const template = readFileSync(join(folder, 'cdk.out/Media.template.json'), 'utf8');
      expect(template).toContain('AWS::StepFunctions::StateMachine');
    }, 120_000);

    it('exports the files that the page names', async () => {
      const line = otherLines.at(-1) ?? '';
      const { code, stdout, stderr } = await type(line, folder);
      expect([code, stderr]).toEqual([0, expect.stringContaining('Wrote the stack Chunkferry.')]);
      const out = join(folder, 'chunkferry-stack');
      const files = stdout
        .trim()
        .split('\n')
        .map((file) => join(folder, file));
      expect(files.filter((file) => !existsSync(file))).toEqual([]);
      expect(readdirSync(out)).toEqual(['README.md', 'functions', 'main.tf', 'template.json']);
      for (const name of ['template.json', 'main.tf', 'README.md']) expect(page).toContain(name);
    }, 120_000);

    it('leaves out optional packages, and a command that lacks one names it', async () => {
      const small = emptyFolder('small');
      const installed = await type(smallInstallLine, small);
      expect([installed.code, installed.stderr]).toEqual([0, expect.not.stringContaining('ERR!')]);
      const present = Object.keys(optionalDependencies).filter((name) =>
        existsSync(join(small, 'node_modules', name)),
      );
      expect(present).toEqual([]);
      const { code, stderr } = await type('npx chunkferry demo', small);
      expect([code, stderr]).toEqual([2, expect.stringContaining('Run npm install ')]);
    }, 300_000);
  });
}
