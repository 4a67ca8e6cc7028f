import { writeFileSync } from 'node:fs';
import { assembleKernel } from './assemble-kernel.ts';

/** Writes the assembled CRC kernel as the module that the functions load. */
const file = new URL('../../src/aws/crc/crc-kernel.ts', import.meta.url);

/** Characters a line, so that a change of the kernel is a readable difference. */
const lineLength = 90;

const pieces = (await assembleKernel()).match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
const text = pieces.map((piece) => `  '${piece}'`).join(' +\n');
writeFileSync(
  file,
  `// cspell:disable\n/** The module of \`crc-kernel.wat\` in base64. Written by \`npm run crc-kernel\`: do not edit. */\nexport const crcKernel =\n${text};\n`,
);
