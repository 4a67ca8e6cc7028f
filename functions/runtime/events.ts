import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { createEventBridgePublisher } from '#src/aws/event-bridge-publisher.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { required } from '#src/config/environment.ts';
import type { PortPart } from './container.ts';

export const events: PortPart<'events'> = {
  port: 'events',
  build: ({ env }) =>
    createEventBridgePublisher({
      client: new EventBridgeClient(boundedCalls),
      busName: required(env, 'eventBusName'),
    }),
};
