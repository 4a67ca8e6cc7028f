export { newCrc } from '#src/aws/running-crc.ts';
