import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, expect, it } from 'vitest';
import { createSnsNotifier } from '#src/aws/sns-notifier.ts';
import { type HttpServer, startServer } from '../http/http-server.ts';

const topicArn = 'arn:aws:sns:eu-west-1:111122223333:alarms';
const notice = { subject: '1 transfer failed', text: 'one line\nand another' };

let server: HttpServer;
afterEach(() => server.close());

async function notifierOf(status: number, reply: string, bodies: string[] = []) {
  server = await startServer(async (request: IncomingMessage, response: ServerResponse) => {
    bodies.push(await text(request));
    response.writeHead(status, { 'content-type': 'text/xml' }).end(reply);
  });
  const client = new SNSClient({
    endpoint: server.origin,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
  });
  return createSnsNotifier({ client, topicArn });
}

it('publishes subject and text to the topic', async () => {
  const bodies: string[] = [];
  const reply =
    '<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>';
  await (await notifierOf(200, reply, bodies)).send(notice);
  const sent = Object.fromEntries(new URLSearchParams(bodies[0]));
  expect(sent).toMatchObject({
    Action: 'Publish',
    TopicArn: topicArn,
    Subject: notice.subject,
    Message: notice.text,
  });
});

it("throws NoticeNotSentError with SNS's error, and the caller retries the batch", async () => {
  const reply =
    '<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not allowed</Message></Error></ErrorResponse>';
  const notifier = await notifierOf(403, reply);
  await expect(notifier.send(notice)).rejects.toMatchObject({
    name: 'NoticeNotSentError',
    message: expect.stringMatching(/alarms failed: AuthorizationError/),
  });
});
