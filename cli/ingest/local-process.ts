/** The process that moves one file. A process holds one local run at a time: the SDK reads its environment. */
const { command } = await import('#local/commands/ingest-command.ts');
await command.parseAsync();
