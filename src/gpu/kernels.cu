// The two kernels of this book, matrix product and convolution, as CUDA C: a ladder,
// each rung the one before it with one idea more.
//
// All numbers are f32, all matrices lie row by row. Any sizes from 1 up are right.
// Every rung adds the same terms in the same order, k = 0, 1, 2 ..., to one sum that
// starts at 0, each with one rounding (fma). So all rungs, and a loop with mul_add on
// the CPU, agree bit for bit.
//
// Tiles reach over the edge of a matrix. What lies outside of a is taken as -0, what
// lies outside of b as +0: their product is -0, and x + -0 is x for every x. (+0 would
// not do: it makes +0 of a sum that has come to -0.) Along k both are outside at once,
// so that no Inf or NaN of the one meets a made-up 0 of the other in a sum that is
// kept.
//
// Blocks stand in one row, since only grid.x may be long: 2^31 - 1, against 65535 in y
// and z. Sizes are int; where a row begins is counted in 64 bits, so that a matrix may
// have more than 2^31 numbers. The host refuses sizes above 2^31 - 256, which leaves
// room to round up to whole tiles.

// ANCHOR: tile
// Which tile of c is this block's? Tiles are numbered like words on a page.
struct Tile {
    int row, col; // of its first number
};

static __device__ __forceinline__ Tile tile_of_block(int rows, int cols, int n)
{
    int across = (n + cols - 1) / cols;
    return {(int)(blockIdx.x / across) * rows, (int)(blockIdx.x % across) * cols};
}
// ANCHOR_END: tile

// ANCHOR: at
// The number in this row and column of x, or `outside` where x has none.
static __device__ __forceinline__ float at(const float *__restrict__ x, int rows,
                                           int cols, int row, int col, float outside)
{
    return row < rows && col < cols ? x[(size_t)row * cols + col] : outside;
}
// ANCHOR_END: at

// ANCHOR: matmul_naive
// c = a b with one thread for each number of c. Neighbors in a warp (x) go down a
// column of c: at every step each of the 32 reads from another row of a, k numbers
// apart, and each such read fetches 32 bytes from memory to use 4.
extern "C" __global__ void matmul_naive(const float *__restrict__ a, // m x k
                                        const float *__restrict__ b, // k x n
                                        float *__restrict__ c,       // m x n
                                        int m, int k, int n)
{
    Tile tile = tile_of_block(32, 8, n);
    int row = tile.row + threadIdx.x;
    int col = tile.col + threadIdx.y;
    if (row >= m || col >= n) {
        return;
    }
    float sum = 0.0f;
    for (int i = 0; i < k; ++i) {
        sum = fmaf(a[(size_t)row * k + i], b[(size_t)i * n + col], sum);
    }
    c[(size_t)row * n + col] = sum;
}
// ANCHOR_END: matmul_naive

// ANCHOR: matmul_coalesced
// The same loop, x and y exchanged: neighbors go along a row of c. They all want the
// same number of a, fetched once, and 32 numbers of b that lie side by side.
extern "C" __global__ void matmul_coalesced(const float *__restrict__ a,
                                            const float *__restrict__ b,
                                            float *__restrict__ c, int m, int k, int n)
{
    Tile tile = tile_of_block(8, 32, n);
    int row = tile.row + threadIdx.y;
    int col = tile.col + threadIdx.x;
    if (row >= m || col >= n) {
        return;
    }
    float sum = 0.0f;
    for (int i = 0; i < k; ++i) {
        sum = fmaf(a[(size_t)row * k + i], b[(size_t)i * n + col], sum);
    }
    c[(size_t)row * n + col] = sum;
}
// ANCHOR_END: matmul_coalesced

// ANCHOR: matmul_shared
// A block of 16 x 16 threads needs 16 rows of a and 16 columns of b, and every number
// of them 16 times. So it copies a square of each into shared memory, one number a
// thread, works on the squares, and moves on: 16 times fewer reads from global memory.
const int TILE = 16;

extern "C" __global__ void __launch_bounds__(TILE *TILE)
    matmul_shared(const float *__restrict__ a, const float *__restrict__ b,
                  float *__restrict__ c, int m, int k, int n)
{
    __shared__ float a_tile[TILE][TILE];
    __shared__ float b_tile[TILE][TILE];
    Tile tile = tile_of_block(TILE, TILE, n);
    int x = threadIdx.x, y = threadIdx.y;
    int row = tile.row + y, col = tile.col + x;
    float sum = 0.0f;
    for (int from = 0; from < k; from += TILE) {
        a_tile[y][x] = at(a, m, k, row, from + x, -0.0f);
        b_tile[y][x] = at(b, k, n, from + y, col, 0.0f);
        __syncthreads(); // no one reads before all have written
#pragma unroll
        for (int i = 0; i < TILE; ++i) {
            sum = fmaf(a_tile[y][i], b_tile[i][x], sum);
        }
        __syncthreads(); // no one writes the next tile before all have read this one
    }
    if (row < m && col < n) {
        c[(size_t)row * n + col] = sum;
    }
}
// ANCHOR_END: matmul_shared

// ANCHOR: matmul_register_1d
// So far a product costs two reads from shared memory and one fma; the reads are
// slower. So a thread makes 8 numbers of c, one below the other: it reads a number of
// b_tile once and uses it 8 times. Tiles of 64 x 64 numbers of c, 8 deep; 512 threads.
const int SIDE = 64, DEPTH = 8, EACH = 8;

extern "C" __global__ void __launch_bounds__(SIDE *SIDE / EACH, 2)
    matmul_register_1d(const float *__restrict__ a, const float *__restrict__ b,
                       float *__restrict__ c, int m, int k, int n)
{
    __shared__ float a_tile[SIDE][DEPTH];
    __shared__ float b_tile[DEPTH][SIDE];
    Tile tile = tile_of_block(SIDE, SIDE, n);
    int t = threadIdx.x;
    int x = t % SIDE, y = t / SIDE * EACH; // in the tile, the first of its 8 numbers
    float sum[EACH] = {};
    for (int from = 0; from < k; from += DEPTH) {
        // each of the 512 threads copies one number of a and one of b
        int row = t / DEPTH, col = t % DEPTH;
        a_tile[row][col] = at(a, m, k, tile.row + row, from + col, -0.0f);
        row = t / SIDE, col = t % SIDE;
        b_tile[row][col] = at(b, k, n, from + row, tile.col + col, 0.0f);
        __syncthreads();
#pragma unroll 4
        for (int i = 0; i < DEPTH; ++i) {
            float right = b_tile[i][x];
#pragma unroll
            for (int r = 0; r < EACH; ++r) {
                sum[r] = fmaf(a_tile[y + r][i], right, sum[r]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < EACH; ++r) {
        int row = tile.row + y + r, col = tile.col + x;
        if (row < m && col < n) {
            c[(size_t)row * n + col] = sum[r];
        }
    }
}
// ANCHOR_END: matmul_register_1d

// ANCHOR: matmul_register_2d
// A thread makes 8 x 8 numbers of c: 16 reads from shared memory for 64 fma, where the
// rung before needs 9 for 8. Its rows and columns are not side by side but 16 apart, so
// that at every step neighbors in a warp read, and at the end write, neighbors in
// memory. Tiles of 128 x 128 numbers of c, 8 deep; 16 x 16 threads.
const int ROWS = 128, COLS = 128, APART = ROWS / EACH, THREADS = APART * APART;

extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_register_2d(const float *__restrict__ a, const float *__restrict__ b,
                       float *__restrict__ c, int m, int k, int n)
{
    __shared__ float a_tile[ROWS][DEPTH];
    __shared__ float b_tile[DEPTH][COLS];
    Tile tile = tile_of_block(ROWS, COLS, n);
    int t = threadIdx.x;
    int x = t % APART, y = t / APART;
    float sum[EACH][EACH] = {};
    for (int from = 0; from < k; from += DEPTH) {
#pragma unroll
        for (int i = 0; i < ROWS * DEPTH / THREADS; ++i) { // 4 numbers of a
            int row = t / DEPTH + i * (THREADS / DEPTH), col = t % DEPTH;
            a_tile[row][col] = at(a, m, k, tile.row + row, from + col, -0.0f);
        }
#pragma unroll
        for (int i = 0; i < DEPTH * COLS / THREADS; ++i) { // 4 numbers of b
            int row = t / COLS + i * (THREADS / COLS), col = t % COLS;
            b_tile[row][col] = at(b, k, n, from + row, tile.col + col, 0.0f);
        }
        __syncthreads();
#pragma unroll
        for (int i = 0; i < DEPTH; ++i) {
            float left[EACH], right[EACH];
#pragma unroll
            for (int r = 0; r < EACH; ++r) {
                left[r] = a_tile[y + APART * r][i];
                right[r] = b_tile[i][x + APART * r];
            }
#pragma unroll
            for (int r = 0; r < EACH; ++r) {
#pragma unroll
                for (int q = 0; q < EACH; ++q) {
                    sum[r][q] = fmaf(left[r], right[q], sum[r][q]);
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int r = 0; r < EACH; ++r) {
#pragma unroll
        for (int q = 0; q < EACH; ++q) {
            int row = tile.row + y + APART * r, col = tile.col + x + APART * q;
            if (row < m && col < n) {
                c[(size_t)row * n + col] = sum[r][q];
            }
        }
    }
}
// ANCHOR_END: matmul_register_2d

// ANCHOR: four
// Can rows of x be read and written four numbers at a time? Only if each begins at a
// multiple of 16 bytes: what is not aligned so is a fault on the device.
static __device__ __forceinline__ bool by_four(const float *x, int cols)
{
    return (size_t)x % 16 == 0 && cols % 4 == 0;
}

// Four numbers side by side, read or written by one instruction.
static __device__ __forceinline__ float4 &four(float *x)
{
    return *(float4 *)x;
}

static __device__ __forceinline__ const float4 &four(const float *x)
{
    return *(const float4 *)x;
}

// The next four numbers of a row that has `left` more: in one instruction if `wide`,
// else one by one, and `outside` for those that the row has not.
static __device__ __forceinline__ float4 read_four(const float *__restrict__ x,
                                                   int left, bool wide, float outside)
{
    if (wide && left > 0) {
        return four(x);
    }
    return make_float4(left > 0 ? x[0] : outside, left > 1 ? x[1] : outside,
                       left > 2 ? x[2] : outside, left > 3 ? x[3] : outside);
}

static __device__ __forceinline__ void write_four(float *__restrict__ x, int left,
                                                  bool wide, const float *y)
{
    if (wide && left > 0) {
        four(x) = make_float4(y[0], y[1], y[2], y[3]);
        return;
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
        if (i < left) {
            x[i] = y[i];
        }
    }
}
// ANCHOR_END: four

// ANCHOR: feed
// What a thread copies of each tile: four numbers of a row of a, four of a row of b.
// Two threads share a row of 8 numbers of a, 32 threads a row of 128 numbers of b.
struct Feed {
    const float *__restrict__ a, *__restrict__ b; // its next four
    int a_left, b_left, b_rows; // how many more there are in the row; rows of b
    bool a_wide, b_wide;

    __device__ __forceinline__ Feed(const float *all_a, const float *all_b, int m,
                                    int k, int n, Tile tile, int t)
    {
        int a_row = tile.row + t / 2, a_col = t % 2 * 4;
        int b_row = t / 32, b_col = tile.col + t % 32 * 4;
        a = all_a + (size_t)a_row * k + a_col;
        b = all_b + (size_t)b_row * n + b_col;
        a_left = a_row < m ? k - a_col : 0;
        b_left = n - b_col;
        b_rows = k - b_row;
        a_wide = by_four(all_a, k);
        b_wide = by_four(all_b, n);
    }

    __device__ __forceinline__ float4 of_a() const
    {
        return read_four(a, a_left, a_wide, -0.0f);
    }

    __device__ __forceinline__ float4 of_b() const
    {
        return read_four(b, b_rows > 0 ? b_left : 0, b_wide, 0.0f);
    }

    __device__ __forceinline__ void go_on(int n)
    {
        a += DEPTH, a_left -= DEPTH;
        b += (size_t)DEPTH * n, b_rows -= DEPTH;
    }
};
// ANCHOR_END: feed

// ANCHOR: outer
// One step of k for 8 x 8 numbers of c: 4 reads from shared memory, 64 fma. Of the 8
// rows, 4 lie side by side and 4 more `down` rows further; of the 8 columns the same.
static __device__ __forceinline__ void add_outer(float (&sum)[EACH][EACH],
                                                 const float *a_column, int down,
                                                 const float *b_row, int across)
{
    float4 a0 = four(a_column), a1 = four(a_column + down);
    float4 b0 = four(b_row), b1 = four(b_row + across);
    float left[EACH] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w};
    float right[EACH] = {b0.x, b0.y, b0.z, b0.w, b1.x, b1.y, b1.z, b1.w};
#pragma unroll
    for (int r = 0; r < EACH; ++r) {
#pragma unroll
        for (int q = 0; q < EACH; ++q) {
            sum[r][q] = fmaf(left[r], right[q], sum[r][q]);
        }
    }
}

// The end: 8 x 8 numbers of c to memory, 4 at a time.
static __device__ __forceinline__ void put_sums(const float (&sum)[EACH][EACH],
                                                int down, int across,
                                                float *__restrict__ c, int m, int n,
                                                int row, int col)
{
    bool wide = by_four(c, n);
#pragma unroll
    for (int r = 0; r < EACH; ++r) {
        int below = row + r % 4 + r / 4 * down;
        float *to = c + (size_t)below * n + col;
        if (below < m) {
            write_four(to, n - col, wide, &sum[r][0]);
            write_four(to + across, n - col - across, wide, &sum[r][4]);
        }
    }
}
// ANCHOR_END: outer

// ANCHOR: turn
// The tile of a lies turned in shared memory, a column of a in a row: then 4 rows of a
// are 4 neighbors. A row has 4 numbers more than it needs: with 128, the two halves of
// a warp would write to the same banks.
const int TURNED = ROWS + 4;

static __device__ __forceinline__ void put(float (&a_tile)[DEPTH][TURNED],
                                           float (&b_tile)[DEPTH][COLS], int t,
                                           float4 of_a, float4 of_b)
{
    int row = t / 2, col = t % 2 * 4;
    a_tile[col][row] = of_a.x;
    a_tile[col + 1][row] = of_a.y;
    a_tile[col + 2][row] = of_a.z;
    a_tile[col + 3][row] = of_a.w;
    four(&b_tile[t / 32][t % 32 * 4]) = of_b;
}
// ANCHOR_END: turn

// ANCHOR: matmul_vectorized
// The same tiles, but every read and write moves 16 bytes: one instruction instead of
// four, to global memory and to shared memory.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_vectorized(const float *__restrict__ a, const float *__restrict__ b,
                      float *__restrict__ c, int m, int k, int n)
{
    __shared__ __align__(16) float a_tile[DEPTH][TURNED];
    __shared__ __align__(16) float b_tile[DEPTH][COLS];
    Tile tile = tile_of_block(ROWS, COLS, n);
    int t = threadIdx.x;
    int x = t % APART * 4, y = t / APART * 4;
    Feed feed(a, b, m, k, n, tile, t);
    float sum[EACH][EACH] = {};
    for (int from = 0; from < k; from += DEPTH, feed.go_on(n)) {
        put(a_tile, b_tile, t, feed.of_a(), feed.of_b());
        __syncthreads();
#pragma unroll
        for (int i = 0; i < DEPTH; ++i) {
            add_outer(sum, &a_tile[i][y], ROWS / 2, &b_tile[i][x], COLS / 2);
        }
        __syncthreads();
    }
    put_sums(sum, ROWS / 2, COLS / 2, c, m, n, tile.row + y, tile.col + x);
}
// ANCHOR_END: matmul_vectorized

// ANCHOR: lane
// Where in the tile do the 8 x 8 numbers of thread t begin? The 8 warps of a block make
// 32 x 64 numbers each, the 32 lanes of a warp stand in 4 rows of 8. At each step a
// warp then needs 32 + 64 numbers of the tiles. A warp of the rung before has 2 rows of
// 16 lanes and needs 16 + 128.
const int WARP_ROWS = 32, WARP_COLS = 64;

static __device__ __forceinline__ Tile place_of_thread(int t)
{
    int warp = t / 32, lane = t % 32;
    return {warp / 2 * WARP_ROWS + lane / 8 * 4, warp % 2 * WARP_COLS + lane % 8 * 4};
}
// ANCHOR_END: lane

// ANCHOR: matmul_warp_tiles
// The rung before with another answer to the question which thread makes which numbers.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_warp_tiles(const float *__restrict__ a, const float *__restrict__ b,
                      float *__restrict__ c, int m, int k, int n)
{
    __shared__ __align__(16) float a_tile[DEPTH][TURNED];
    __shared__ __align__(16) float b_tile[DEPTH][COLS];
    Tile tile = tile_of_block(ROWS, COLS, n);
    int t = threadIdx.x;
    Tile mine = place_of_thread(t);
    int down = WARP_ROWS / 2, across = WARP_COLS / 2;
    Feed feed(a, b, m, k, n, tile, t);
    float sum[EACH][EACH] = {};
    for (int from = 0; from < k; from += DEPTH, feed.go_on(n)) {
        put(a_tile, b_tile, t, feed.of_a(), feed.of_b());
        __syncthreads();
#pragma unroll
        for (int i = 0; i < DEPTH; ++i) {
            add_outer(sum, &a_tile[i][mine.row], down, &b_tile[i][mine.col], across);
        }
        __syncthreads();
    }
    put_sums(sum, down, across, c, m, n, tile.row + mine.row, tile.col + mine.col);
}
// ANCHOR_END: matmul_warp_tiles

// ANCHOR: matmul_double_buffered
// Two pairs of tiles. While a block works on one pair, the numbers of the next are on
// their way from global memory into registers; then they go into the other pair, which
// no one reads at that time. One barrier a tile instead of two, and the next numbers
// have the work on a whole tile to arrive in.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_double_buffered(const float *__restrict__ a, const float *__restrict__ b,
                           float *__restrict__ c, int m, int k, int n)
{
    __shared__ __align__(16) float a_tile[2][DEPTH][TURNED];
    __shared__ __align__(16) float b_tile[2][DEPTH][COLS];
    Tile tile = tile_of_block(ROWS, COLS, n);
    int t = threadIdx.x;
    Tile mine = place_of_thread(t);
    int down = WARP_ROWS / 2, across = WARP_COLS / 2;
    Feed feed(a, b, m, k, n, tile, t);
    float sum[EACH][EACH] = {};
    put(a_tile[0], b_tile[0], t, feed.of_a(), feed.of_b());
    __syncthreads();
    for (int from = 0; from < k; from += 2 * DEPTH) {
#pragma unroll
        for (int now = 0; now < 2; ++now) {
            feed.go_on(n);
            float4 a_next = feed.of_a(), b_next = feed.of_b(); // not needed before put
#pragma unroll
            for (int i = 0; i < DEPTH; ++i) {
                add_outer(sum, &a_tile[now][i][mine.row], down,
                          &b_tile[now][i][mine.col], across);
            }
            put(a_tile[1 - now], b_tile[1 - now], t, a_next, b_next);
            __syncthreads();
        }
    }
    put_sums(sum, down, across, c, m, n, tile.row + mine.row, tile.col + mine.col);
}
// ANCHOR_END: matmul_double_buffered

// A convolution. Images lie one after the other, each row by row, the channels of a
// pixel side by side. The weight has a row for each tap, that is, for each number under
// the window, ordered (down, across, channel), and in it a number for each filter.
// Outputs lie as images do, with a channel for each filter.
//
// Around an image lie zeros, and the weights are multiplied with them too, as im2col
// does. Taps go in order; the bias comes last.

// ANCHOR: places
// How many places a window has along one axis.
static __device__ __forceinline__ int places(int size, int window, int stride,
                                             int padding)
{
    return (size + 2 * padding - window) / stride + 1;
}
// ANCHOR_END: places

// ANCHOR: conv2d_direct
// One thread for each output: 256 outputs of one image a block, filters side by side,
// so that a warp reads weights side by side, and most of it the same pixel.
extern "C" __global__ void __launch_bounds__(256, 4)
    conv2d_direct(const float *__restrict__ images, const float *__restrict__ weight,
                  const float *__restrict__ bias, float *__restrict__ outputs,
                  int batch, int height, int width, int channels, int filters,
                  int window_y, int window_x, int stride_y, int stride_x,
                  int padding_y, int padding_x)
{
    int down = places(height, window_y, stride_y, padding_y);
    int across = places(width, window_x, stride_x, padding_x);
    int count = down * across * filters, blocks = (count + 255) / 256;
    int image = blockIdx.x / blocks;
    int index = blockIdx.x % blocks * 256 + threadIdx.x;
    if (image >= batch || index >= count) {
        return;
    }
    int filter = index % filters, place = index / filters;
    int top = place / across * stride_y - padding_y;
    int left = place % across * stride_x - padding_x;
    images += (size_t)image * height * width * channels;
    size_t at = filter; // in the weight
    float sum = 0.0f;
    for (int y = top; y < top + window_y; ++y) {
        for (int x = left; x < left + window_x; ++x) {
            bool inside = y >= 0 && y < height && x >= 0 && x < width;
            size_t pixel = ((size_t)y * width + x) * channels;
            for (int channel = 0; channel < channels; ++channel) {
                float here = inside ? images[pixel + channel] : 0.0f;
                sum = fmaf(here, weight[at], sum);
                at += filters;
            }
        }
    }
    outputs[(size_t)image * count + index] = sum + bias[filter];
}
// ANCHOR_END: conv2d_direct

// ANCHOR: part
// A block of conv2d_tiled makes 8 x 8 places of an image for 16 filters. It copies what
// its places see of the image, the tile and a halo around it, into shared memory. That
// may be too much for HALO numbers. Then it takes the window in parts, in the order of
// the taps: some rows; or some pixels of one row; or some channels of one pixel.
const int SQUARE = 8, FILTERS = 16, HALO = 8192;

struct Part {
    int rows, cols, channels; // of the window
    int step_y, step_x;       // from one place to the next, in shared memory
    int height, wide, line;   // rows of the halo; numbers in one; from one to the next

    __device__ __forceinline__ bool fits(int stride_y, int stride_x)
    {
        // Where a stride is larger than the part, pixels between are left out.
        step_y = stride_y < rows ? stride_y : rows;
        step_x = stride_x < cols ? stride_x : cols;
        height = (SQUARE - 1) * step_y + rows;
        size_t numbers = (size_t)((SQUARE - 1) * step_x + cols) * channels;
        wide = numbers;
        line = numbers | 1; // an odd number: rows begin in different banks
        return height * (numbers | 1) <= HALO;
    }

    // How far into the image the row (or pixel) r of the halo lies, from its first.
    __device__ __forceinline__ int spread(int r, int step, int stride)
    {
        int place = r / step < SQUARE ? r / step : SQUARE - 1;
        return place * stride + r - place * step;
    }
};
// ANCHOR_END: part

// ANCHOR: conv2d_tiled
extern "C" __global__ void __launch_bounds__(256)
    conv2d_tiled(const float *__restrict__ images, const float *__restrict__ weight,
                 const float *__restrict__ bias, float *__restrict__ outputs,
                 int batch, int height, int width, int channels, int filters,
                 int window_y, int window_x, int stride_y, int stride_x,
                 int padding_y, int padding_x)
{
    __shared__ float halo[HALO];
    Part part = {window_y, window_x, channels, 0, 0, 0, 0, 0};
    while (!part.fits(stride_y, stride_x)) {
        if (part.rows > 1) {
            part.rows -= 1;
        } else if (part.cols > 1) {
            part.cols -= 1;
        } else {
            part.channels = (HALO / SQUARE - 1) / SQUARE;
        }
    }

    // Blocks: image by image, tile by tile, 16 filters by 16 filters.
    int down = places(height, window_y, stride_y, padding_y);
    int across = places(width, window_x, stride_x, padding_x);
    int groups = (filters + FILTERS - 1) / FILTERS;
    int tiles_x = (across + SQUARE - 1) / SQUARE;
    int tiles = (down + SQUARE - 1) / SQUARE * tiles_x;
    int tile = blockIdx.x / groups % tiles, image = blockIdx.x / groups / tiles;
    int row = tile / tiles_x * SQUARE, col = tile % tiles_x * SQUARE;
    int top = row * stride_y - padding_y, left = col * stride_x - padding_x;
    if (image >= batch) {
        return;
    }
    images += (size_t)image * height * width * channels;

    // Threads: 16 filters side by side; 16 times 4 places, every second one of a row.
    int t = threadIdx.x;
    int filter = blockIdx.x % groups * FILTERS + t % FILTERS;
    int y = t / FILTERS % SQUARE, x = t / FILTERS / SQUARE;
    float sum[4] = {};
    for (int v = 0; v < window_y; v += part.rows) {
        for (int u = 0; u < window_x; u += part.cols) {
            for (int w = 0; w < channels; w += part.channels) {
                __syncthreads(); // no one overwrites what another still reads
                for (int r = t / 32; r < part.height; r += 8) {
                    int image_y = top + v + part.spread(r, part.step_y, stride_y);
                    for (int e = t % 32; e < part.wide; e += 32) {
                        int image_x = left + u + part.spread(e / part.channels,
                                                             part.step_x, stride_x);
                        int channel = w + e % part.channels;
                        bool inside = image_y >= 0 && image_y < height &&
                                      image_x >= 0 && image_x < width &&
                                      channel < channels;
                        size_t pixel = (size_t)image_y * width + image_x;
                        halo[r * part.line + e] =
                            inside ? images[pixel * channels + channel] : 0.0f;
                    }
                }
                __syncthreads(); // no one reads before all have written
                for (int dy = 0; dy < part.rows && v + dy < window_y; ++dy) {
                    for (int dx = 0; dx < part.cols && u + dx < window_x; ++dx) {
                        const float *here =
                            &halo[(y * part.step_y + dy) * part.line +
                                  (x * part.step_x + dx) * part.channels];
                        size_t tap = (size_t)((v + dy) * window_x + u + dx) * channels;
                        for (int i = 0; i < part.channels && w + i < channels; ++i) {
                            float weighs = 0.0f;
                            if (filter < filters) {
                                weighs = weight[(tap + w + i) * filters + filter];
                            }
#pragma unroll
                            for (int j = 0; j < 4; ++j) {
                                int at = 2 * j * part.step_x * part.channels + i;
                                sum[j] = fmaf(here[at], weighs, sum[j]);
                            }
                        }
                    }
                }
            }
        }
    }
#pragma unroll
    for (int j = 0; j < 4; ++j) {
        int place_y = row + y, place_x = col + x + 2 * j;
        if (filter < filters && place_y < down && place_x < across) {
            size_t place = ((size_t)image * down + place_y) * across + place_x;
            outputs[place * filters + filter] = sum[j] + bias[filter];
        }
    }
}
// ANCHOR_END: conv2d_tiled

// ANCHOR: conv2d_implicit
// The product of the patches with the weight, by tiles of 128 places x 64 filters, 8
// taps deep: 128 threads, 4 warps one below the other. The patches are never written
// down: a thread that needs a number of them works out where in which image it lies.
const int PLACES = 128, WIDE = 64, MANY = PLACES * DEPTH / 128;

extern "C" __global__ void __launch_bounds__(128)
    conv2d_implicit(const float *__restrict__ images, const float *__restrict__ weight,
                    const float *__restrict__ bias, float *__restrict__ outputs,
                    int batch, int height, int width, int channels, int filters,
                    int window_y, int window_x, int stride_y, int stride_x,
                    int padding_y, int padding_x)
{
    __shared__ __align__(16) float a_tile[DEPTH][TURNED];
    __shared__ __align__(16) float b_tile[DEPTH][WIDE];
    int down = places(height, window_y, stride_y, padding_y);
    int across = places(width, window_x, stride_x, padding_x);
    int m = batch * down * across, k = window_y * window_x * channels;
    Tile tile = tile_of_block(PLACES, WIDE, filters);
    int t = threadIdx.x;
    Tile mine = {t / 32 * WARP_ROWS + t % 32 / 8 * 4, t % 8 * 4};

    // Of the patches a thread copies one tap of 8 places: where do their windows begin?
    int a_row = t / DEPTH, a_col = t % DEPTH;
    int top[MANY], left[MANY];
    size_t corner[MANY];
#pragma unroll
    for (int j = 0; j < MANY; ++j) {
        int place = tile.row + a_row + j * (PLACES / MANY);
        int image = place / across / down;
        // a place that there is not lies far above its image and sees zeros only
        top[j] = place < m ? place / across % down * stride_y - padding_y : -(1 << 30);
        left[j] = place % across * stride_x - padding_x;
        corner[j] = ((size_t)image * height + top[j]) * width + left[j];
    }
    int b_row = t / 16, b_col = t % 16 * 4;
    const float *b = weight + (size_t)b_row * filters + tile.col + b_col;
    int b_left = filters - tile.col - b_col;
    bool b_wide = by_four(weight, filters);
    float sum[EACH][EACH] = {};
    for (int from = 0; from < k; from += DEPTH) {
        int tap = from + a_col;
        int channel = tap % channels, pixel = tap / channels;
        int dy = pixel / window_x, dx = pixel % window_x;
#pragma unroll
        for (int j = 0; j < MANY; ++j) {
            int y = top[j] + dy, x = left[j] + dx;
            bool inside = y >= 0 && y < height && x >= 0 && x < width;
            size_t from_corner = (size_t)dy * width + dx;
            float outside = tap < k ? 0.0f : -0.0f;
            a_tile[a_col][a_row + j * (PLACES / MANY)] =
                inside && tap < k
                    ? images[(corner[j] + from_corner) * channels + channel]
                    : outside;
        }
        four(&b_tile[b_row][b_col]) =
            read_four(b, from + b_row < k ? b_left : 0, b_wide, 0.0f);
        b += (size_t)DEPTH * filters;
        __syncthreads();
#pragma unroll
        for (int i = 0; i < DEPTH; ++i) {
            add_outer(sum, &a_tile[i][mine.row], WARP_ROWS / 2, &b_tile[i][mine.col],
                      WARP_COLS / 2);
        }
        __syncthreads();
    }
#pragma unroll
    for (int q = 0; q < EACH; ++q) {
        int filter = tile.col + mine.col + q % 4 + q / 4 * (WARP_COLS / 2);
        float more = filter < filters ? bias[filter] : 0.0f;
#pragma unroll
        for (int r = 0; r < EACH; ++r) {
            sum[r][q] += more;
        }
    }
    put_sums(sum, WARP_ROWS / 2, WARP_COLS / 2, outputs, m, filters,
             tile.row + mine.row, tile.col + mine.col);
}
// ANCHOR_END: conv2d_implicit
