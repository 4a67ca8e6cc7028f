import { startDynamoDb } from '#local/emulators/dynamodb.ts';
import { serveRequests } from './worker-process.ts';

const emulator = await startDynamoDb();

serveRequests(async () => emulator.url);
