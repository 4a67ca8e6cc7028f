/** The programs in command lines of the pages. */
const program = /^(npm|npx|aws|jq|export|node|docker|git|cdk|curl) /;

/** A code block with its language, if any. */
const block = /^```(\w*)\n(.*?)^```$/gms;

/** The languages of blocks with commands. */
const shells = ['', 'sh', 'bash', 'shell', 'console'];

/** A command with arguments in a sentence. A bare name such as `npm run doctor` is only a mention. */
const inSentence = /`((?:npm run [\w:-]+ -- |npx |aws )[^`]+)`/g;

/**
 * Returns the command lines of a Markdown page as written, without duplicates. A backslash continues a
 * line. A block without any program is the output of a command.
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
