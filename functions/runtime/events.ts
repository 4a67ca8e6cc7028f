import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { createEventBridgePublisher } from '#src/aws/event-bridge-publisher.ts';
import { boundedCalls } from '#src/aws/sdk-bounds.ts';
import { required } from '#src/config/environment.ts';
import { port } from './given.ts';

export const events = () =>
  port('events', () =>
    createEventBridgePublisher({
      client: new EventBridgeClient(boundedCalls),
      busName: required(process.env, 'eventBusName'),
    }),
  );
