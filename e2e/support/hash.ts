// The chain over a device's history, as crates/shared/src/hash.rs computes it: XXH3 (64 bits, seed 0) of 32 bytes.
// For that length the specification (Collet, xxHash 0.8) comes down to two multiplications and a final mix.

const MASK = (1n << 64n) - 1n;
const PRIME64_1 = 0x9e3779b185ebca87n;
/** The first 32 bytes of XXH3's default secret. */
const SECRET = Buffer.from("b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f", "hex");

function fold(input: Buffer, at: number): bigint {
  const low = input.readBigUInt64LE(at) ^ SECRET.readBigUInt64LE(at);
  const high = input.readBigUInt64LE(at + 8) ^ SECRET.readBigUInt64LE(at + 8);
  const product = low * high;
  return (product & MASK) ^ (product >> 64n);
}

function xxh3Of32Bytes(input: Buffer): bigint {
  let hash = (32n * PRIME64_1 + fold(input, 0) + fold(input, 16)) & MASK;
  hash ^= hash >> 37n;
  hash = (hash * 0x165667919e3779f9n) & MASK;
  return hash ^ (hash >> 32n);
}

export const NO_HISTORY = "0".repeat(16);

/** The hash of a history up to and including mutation `n`, given the one before it. */
export function chain(previous: string, n: number, id: string): string {
  const bytes = Buffer.alloc(32);
  bytes.writeBigUInt64LE(BigInt(`0x${previous}`), 0);
  bytes.writeBigUInt64LE(BigInt(n), 8);
  bytes.write(id.replaceAll("-", ""), 16, "hex");
  return xxh3Of32Bytes(bytes).toString(16).padStart(16, "0");
}
