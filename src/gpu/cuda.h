// The few words of CUDA that our kernels use, for clang without NVIDIA's toolkit. nvcc
// knows them all by itself and needs no such file.
#pragma once
#define __global__ __attribute__((global))
#define __device__ __attribute__((device))
#define __shared__ __attribute__((shared))
#define __launch_bounds__(...) __attribute__((launch_bounds(__VA_ARGS__)))
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __forceinline__ inline __attribute__((always_inline))
typedef __SIZE_TYPE__ size_t;
typedef float float4 __attribute__((ext_vector_type(4)));
#define fmaf __builtin_fmaf
#define make_float4(x, y, z, w) ((float4){x, y, z, w})

// threadIdx, blockIdx and blockDim are registers of the machine, read one axis at a
// time. None is larger than `most`, which lets the compiler divide without a sign.
#define AXIS(name, axis, most)                                                     \
    static __device__ __forceinline__ unsigned read_##axis()                       \
    {                                                                              \
        unsigned value = __nvvm_read_ptx_sreg_##name##_##axis();                   \
        __builtin_assume(value <= most);                                           \
        return value;                                                              \
    }                                                                              \
    __declspec(property(get = read_##axis)) unsigned axis
#define REGISTER(type, variable, name, most)                                       \
    struct type {                                                                  \
        AXIS(name, x, most);                                                       \
        AXIS(name, y, most);                                                       \
        AXIS(name, z, most);                                                       \
    };                                                                             \
    extern const __device__ __attribute__((weak)) struct type variable
REGISTER(ThreadIdx, threadIdx, tid, 1023);
REGISTER(BlockIdx, blockIdx, ctaid, 2147483646);
REGISTER(BlockDim, blockDim, ntid, 1024);
