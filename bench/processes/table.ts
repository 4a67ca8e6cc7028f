import { startDynamoDb } from '#local/emulators/dynamodb.ts';
import { answerQuestions } from '../talking-process.ts';

const emulator = await startDynamoDb();

answerQuestions(async () => emulator.url);
