/*
 * CRC-32 (the one of zip and Ethernet) over ASCII text: proves that the book drawn here is the book of
 * the exchange.
 */

const TABLE = new Uint32Array(256).map((_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** Unsigned 32-bit checksum of `text`, whose characters are all below 128. */
export function crc32(text) {
  let value = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    value = (value >>> 8) ^ TABLE[(value ^ text.charCodeAt(index)) & 0xff];
  }
  return (value ^ 0xffffffff) >>> 0;
}
