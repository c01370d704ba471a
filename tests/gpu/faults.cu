// Seven kernels, each with one classic mistake, and the right one first. What the
// interpreter says about each is in the book.

// ANCHOR: guard
// No guard: the last block has threads without a number.
extern "C" __global__ void no_guard(const float *x, float *y, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    (void)n; // it should have been: if (i < n)
    y[i] = 2.0f * x[i];
}
// ANCHOR_END: guard

// ANCHOR: first_barrier
// Each number of a block becomes the sum of its neighbors, left and right in a ring.
const int RING = 64;

extern "C" __global__ void no_first_barrier(const float *x, float *y, int rounds)
{
    __shared__ float tile[RING];
    int t = threadIdx.x;
    float mine = x[t];
    for (int round = 0; round < rounds; ++round) {
        tile[t] = mine;
        // missing: __syncthreads(); no one reads before all have written
        mine = tile[(t + 1) % RING] + tile[(t + RING - 1) % RING];
        __syncthreads();
    }
    y[t] = mine;
}
// ANCHOR_END: first_barrier

// ANCHOR: second_barrier
extern "C" __global__ void no_second_barrier(const float *x, float *y, int rounds)
{
    __shared__ float tile[RING];
    int t = threadIdx.x;
    float mine = x[t];
    for (int round = 0; round < rounds; ++round) {
        tile[t] = mine;
        __syncthreads();
        mine = tile[(t + 1) % RING] + tile[(t + RING - 1) % RING];
        // missing: __syncthreads(); no one overwrites what another still reads
    }
    y[t] = mine;
}
// ANCHOR_END: second_barrier

// ANCHOR: divergent_barrier
// Threads beyond the end leave before the barrier at which the others wait.
extern "C" __global__ void divergent_barrier(const float *x, float *y, int n)
{
    __shared__ float tile[RING];
    int t = threadIdx.x;
    if (t < n) {
        tile[t] = x[t];
        __syncthreads();
        y[t] = tile[n - 1 - t];
    }
}
// ANCHOR_END: divergent_barrier

// ANCHOR: write_write
// All threads add to one sum: each reads 0, adds its own, and the last to write wins.
extern "C" __global__ void write_write(const float *x, float *y, int n)
{
    int t = threadIdx.x;
    if (t < n) {
        y[t / 2] = x[t];
    }
}
// ANCHOR_END: write_write

// ANCHOR: never_written
// A filter over three neighbors, whose tile has room for the neighbors at both ends,
// but no thread fills it.
extern "C" __global__ void never_written(const float *x, float *y, int n)
{
    __shared__ float tile[RING + 2];
    int t = threadIdx.x;
    tile[t + 1] = t < n ? x[t] : 0.0f;
    __syncthreads();
    if (t < n) {
        y[t] = (tile[t] + tile[t + 1] + tile[t + 2]) / 3.0f;
    }
}
// ANCHOR_END: never_written

// ANCHOR: misaligned
// Rows of n numbers, four at a time: right only where 4 divides n.
extern "C" __global__ void misaligned(const float *x, float *y, int n)
{
    int row = threadIdx.x;
    float4 four = *(const float4 *)&x[row * n];
    y[row] = four.x + four.y + four.z + four.w;
}
// ANCHOR_END: misaligned
