export { newCrc } from '#src/aws/s3/running-crc.ts';
