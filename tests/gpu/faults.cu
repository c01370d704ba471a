// Seven kernels with one classic mistake each, for the interpreter to find.

// ANCHOR: no_guard
// Twice x. Blocks of 64 threads, and as many blocks as cover n: where 64 does not
// divide n, the last threads have no number, and nothing stops them.
extern "C" __global__ void no_guard(const float *x, float *y, int n)
{
    int i = blockIdx.x * 64 + threadIdx.x;
    // missing: if (i < n)
    y[i] = 2.0f * x[i];
}
// ANCHOR_END: no_guard

// c = a b for matrices of n x n, where 8 divides n, by tiles of 8 x 8.
const int TILE = 8;

// ANCHOR: no_first_barrier
extern "C" __global__ void no_first_barrier(const float *a, const float *b, float *c,
                                            int n)
{
    __shared__ float a_tile[TILE][TILE], b_tile[TILE][TILE];
    int x = threadIdx.x, y = threadIdx.y;
    int row = blockIdx.y * TILE + y, col = blockIdx.x * TILE + x;
    float sum = 0.0f;
    for (int from = 0; from < n; from += TILE) {
        a_tile[y][x] = a[row * n + from + x];
        b_tile[y][x] = b[(from + y) * n + col];
        // missing: __syncthreads(), so that no one reads before all have written
        for (int i = 0; i < TILE; ++i) {
            sum = fmaf(a_tile[y][i], b_tile[i][x], sum);
        }
        __syncthreads();
    }
    c[row * n + col] = sum;
}
// ANCHOR_END: no_first_barrier

// ANCHOR: no_second_barrier
extern "C" __global__ void no_second_barrier(const float *a, const float *b, float *c,
                                             int n)
{
    __shared__ float a_tile[TILE][TILE], b_tile[TILE][TILE];
    int x = threadIdx.x, y = threadIdx.y;
    int row = blockIdx.y * TILE + y, col = blockIdx.x * TILE + x;
    float sum = 0.0f;
    for (int from = 0; from < n; from += TILE) {
        a_tile[y][x] = a[row * n + from + x];
        b_tile[y][x] = b[(from + y) * n + col];
        __syncthreads();
        for (int i = 0; i < TILE; ++i) {
            sum = fmaf(a_tile[y][i], b_tile[i][x], sum);
        }
        // missing: __syncthreads(), so that no one overwrites what another still reads
    }
    c[row * n + col] = sum;
}
// ANCHOR_END: no_second_barrier

// ANCHOR: divergent_barrier
// The sum of 64 numbers: 32 threads add the upper half to the lower, then 16, 8 ... The
// barrier stands inside the `if`, where the other threads never come.
extern "C" __global__ void divergent_barrier(const float *x, float *y)
{
    __shared__ float tile[64];
    int t = threadIdx.x;
    tile[t] = x[t];
    __syncthreads();
    for (int half = 32; half > 0; half /= 2) {
        if (t < half) {
            tile[t] += tile[t + half];
            __syncthreads(); // it should stand one line lower
        }
    }
    if (t == 0) {
        *y = tile[0];
    }
}
// ANCHOR_END: divergent_barrier

// ANCHOR: write_write
// Every second number of x. But all threads write, and two of them to each y: the one
// that comes last wins, and no one knows which that is.
extern "C" __global__ void write_write(const float *x, float *y, int n)
{
    int i = blockIdx.x * 64 + threadIdx.x;
    if (i < n) {
        y[i / 2] = x[i]; // missing: only where i is even
    }
}
// ANCHOR_END: write_write

// ANCHOR: never_written
// The mean of three neighbors in a row of 64. The tile has room for a halo, one number
// at each end, but no thread fills it.
extern "C" __global__ void never_written(const float *x, float *y)
{
    __shared__ float tile[1 + 64 + 1];
    int t = threadIdx.x;
    tile[1 + t] = x[t];
    // missing: tile[0] and tile[65] are 0
    __syncthreads();
    y[t] = (tile[t] + tile[t + 1] + tile[t + 2]) / 3.0f;
}
// ANCHOR_END: never_written

// ANCHOR: misaligned
// The sum of the first four numbers of each row. Rows of n numbers begin at multiples
// of 16 bytes only where 4 divides n.
extern "C" __global__ void misaligned(const float *x, float *y, int n)
{
    int row = threadIdx.x;
    float4 four = *(const float4 *)&x[row * n]; // missing: a way for other n
    y[row] = four.x + four.y + four.z + four.w;
}
// ANCHOR_END: misaligned
