/** Programs that a page tells its reader to run. */
const program = /^(npm|npx|aws|jq|export|node|docker|git|cdk|curl) /;

/** A block with its language, if it names one. */
const block = /^```(\w*)\n(.*?)^```$/gms;

/** Languages of blocks that hold commands. */
const shells = ['', 'sh', 'bash', 'shell', 'console'];

/** Within a sentence: a command with arguments. A name such as `npm run doctor` only speaks of one. */
const inSentence = /`((?:npm run [\w:-]+ -- |npx |aws )[^`]+)`/g;

/**
 * The lines that a Markdown page tells its reader to type, each once, as they are written. A line that
 * goes on after a backslash is one line. A block without any program is the output of one.
 */
export function commandLines(markdown: string): string[] {
  const blocks = [...markdown.matchAll(block)].flatMap(([, language = '', text = '']) =>
    shells.includes(language) ? [linesOf(text)] : [],
  );
  const inBlocks = blocks.filter((lines) => lines.some(isCommand)).flat();
  const prose = markdown.replaceAll(block, '');
  const inProse = [...prose.matchAll(inSentence)].map(([, line = '']) => line);
  return [...new Set([...inBlocks, ...inProse])];
}

function linesOf(text: string): string[] {
  const lines = text.replaceAll(/\\\n\s*/g, '').split('\n');
  return lines.filter((line) => line.trim() !== '');
}

function isCommand(line: string): boolean {
  return program.test(`${line} `);
}
