// Runs two builds of the laboratories on the same choices and compares every result.
import fs from "node:fs";

async function run(path) {
  const module = await WebAssembly.instantiate(fs.readFileSync(path));
  const lab = module.instance.exports;
  const results = [];
  for (const [layers, units, activation] of [[0, 4, 2], [2, 16, 2], [1, 8, 3], [3, 5, 1]]) {
    results.push(lab.reset(7, layers, units, activation, 20));
    for (let round = 0; round < 40; round += 1) results.push(lab.train(5, 0.03));
    results.push(lab.accuracy());
    const memory = lab.memory.buffer;
    results.push(...new Float32Array(memory, lab.points(), lab.points_len()));
    results.push(...new Uint8Array(memory, lab.regions(), lab.regions_len()));
    results.push(...new Uint8Array(memory, lab.certainty(), lab.regions_len()));
  }
  // Every surface, from two starts, with every optimizer; and rates that explode.
  for (let surface = 0; surface < 6; surface += 1) {
    for (const [start, momentum, faster] of [[NaN, 0.9, 1], [0.4, 0.5, 30]]) {
      lab.walk_reset(surface, start, -start, momentum, 4 / 3);
      for (let kind = 0; kind < 6; kind += 1) {
        results.push(lab.walk_rate(kind));
        lab.walk_choose(kind, faster * lab.walk_rate(kind));
      }
      for (const count of [1, 20, 60]) results.push(lab.walk_step(count));
      const numbers = (at, count) => new Float64Array(lab.memory.buffer, at, count);
      for (let kind = 0; kind < 6; kind += 1) {
        results.push(lab.walk_distance(kind));
        results.push(...numbers(lab.walk_trace(kind), 3 * lab.walk_trace_len(kind)));
      }
      results.push(lab.walk_least(), ...numbers(lab.walk_view(), 4));
      results.push(...numbers(lab.walk_start(), 2));
      results.push(...numbers(lab.walk_lowest(), 2 * lab.walk_lowest_len()));
      results.push(...numbers(lab.walk_levels(), lab.walk_levels_len()));
      results.push(...numbers(lab.walk_heights(9, 7), 63));
    }
  }
  // Every way in which a warp can read, as far as the page offers it.
  const integers = (at, count) => new Uint32Array(lab.memory.buffer, at, count);
  const words = () => new Uint8Array(lab.memory.buffer, lab.report(), lab.report_len());
  for (let stride = 0; stride <= 33; stride += 1) {
    for (const [shared, width, padded] of [[0, 1, 0], [0, 4, 0], [1, 1, 0], [1, 4, 1]]) {
      results.push(lab.warp_run(shared, width, stride, stride % 3, padded));
      results.push(lab.warp_guilty(), ...words());
      results.push(...integers(lab.warp_places(), 32), ...integers(lab.warp_counts(), 5));
    }
  }
  // Products by tiles, with both barriers and without one.
  for (const [m, k, n] of [[8, 8, 8], [7, 6, 5]]) {
    for (const [tile, missing] of [[2, 0], [4, 0], [4, 1], [2, 2]]) {
      results.push(lab.tiles_run(m, k, n, tile, missing), ...words());
      const floats = (at, count) => new Float32Array(lab.memory.buffer, at, count);
      results.push(...floats(lab.tiles_records(), 6 * lab.tiles_records_len()));
      results.push(...floats(lab.tiles_naive(), 6 * lab.tiles_naive_len()));
      results.push(...integers(lab.tiles_loads(), 2), ...integers(lab.tiles_guilty(), 2));
      results.push(...floats(lab.tiles_a(), m * k), ...floats(lab.tiles_b(), k * n));
    }
  }
  return results;
}

const [committed, built] = await Promise.all(process.argv.slice(2, 4).map(run));
const same = (a, b) => a === b || (Number.isNaN(a) && Number.isNaN(b));
const wrong = committed.findIndex((value, i) => !same(value, built[i]));
if (committed.length !== built.length || wrong >= 0 || committed.length < 100000) {
  console.error(`wasm: the committed program differs from its source (result ${wrong}: ` +
    `${committed[wrong]} against ${built[wrong]}). Mend: .ci/wasm --update`);
  process.exit(1);
}
console.log(`wasm: the committed program and its source agree in ${built.length} results`);
