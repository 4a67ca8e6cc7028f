import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { describe, expect, it } from 'vitest';

const page = new URL('../../../docs/notifications.md', import.meta.url);
const snippets = [...readFileSync(page, 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code = '']) => code,
);

/** Returns the stack of a snippet, run unchanged. */
async function stackOf(code: string, n: number): Promise<Template> {
  const lines = code.split('\n');
  const imports = lines.filter((line) => line.startsWith('import '));
  const body = lines.filter((line) => !line.startsWith('import ')).join('\n');
  const file = new URL(`./snippet-${n}.generated.ts`, import.meta.url);
  const start = 'export function make(this: any, chunkferry: any) {';
  writeFileSync(file, `${imports.join('\n')}\n${start}\n${body}\n}\n`);
  try {
    const { make } = await import(file.href);
    const slackWebhookUrl = 'https://hooks.slack.com/services/T/B/X';
    const stack = new Stack(new App({ context: { slackWebhookUrl } }), 'Stack');
    const eventBus = EventBus.fromEventBusName(stack, 'Bus', 'ours');
    make.call(stack, { eventBus });
    return Template.fromStack(stack);
  } finally {
    rmSync(file);
  }
}

describe('the snippets of docs/notifications.md', () => {
  it.each([
    ['mail', 0, 'Transfer Ready'],
    ['Slack', 1, 'Transfer Failed'],
  ])('for %s creates a rule with a target on the bus', async (_, n, detailType) => {
    const template = await stackOf(snippets[n] ?? '', n);
    const [rule] = Object.values(template.findResources('AWS::Events::Rule'));
    expect(rule?.Properties).toMatchObject({
      EventBusName: 'ours',
      EventPattern: { source: ['chunkferry'], 'detail-type': [detailType] },
      Targets: [{ InputTransformer: { InputPathsMap: expect.anything() } }],
    });
  });

  it('for Slack posts plain text, without markup from an object key', async () => {
    const template = await stackOf(snippets[1] ?? '', 1);
    const [rule] = Object.values(template.findResources('AWS::Events::Rule'));
    const [target] = rule?.Properties.Targets ?? [];
    expect(target.InputTransformer.InputTemplate).toMatch(
      /^\{"blocks":\[\{"type":"section","text":\{"type":"plain_text","text":"<[^"]+"\}\}\]\}$/,
    );
  });
});
