/* A camera without a kernel, for tests/preloaded_camera.rs: preloaded, it answers for the file that FAKE_CAMERA names, as libcamera's v4l2-compat.so answers for
 * a real node. It keeps the books of a driver and writes into FAKE_CAMERA_LOG what was asked, and what was asked against the rules.
 *
 * It offers YUYV at 64x48 with 16 bytes of padding a row, full range; a pixel's brightness is 4 times its column, the first row's is the frame's number.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 64, HEIGHT = 48, STRIDE = 2 * WIDTH + 16, LENGTH = STRIDE * HEIGHT + 100, MOST = 8 };

static int camera = -1, streaming, count, next_frame;
static struct { unsigned char *memory; int mapped, queued; } buffers[MOST];

static void note(const char *format, ...)
{
    const char *path = getenv("FAKE_CAMERA_LOG");
    FILE *log = path ? fopen(path, "a") : NULL;
    if (!log)
        return;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(log, format, arguments);
    va_end(arguments);
    fclose(log);
}

int open(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    const char *wanted = getenv("FAKE_CAMERA");
    va_list arguments;
    va_start(arguments, flags);
    int mode = va_arg(arguments, int);
    va_end(arguments);
    if (!real)
        real = dlsym(RTLD_NEXT, "open");
    if (!wanted || strcmp(path, wanted) != 0)
        return real(path, flags, mode);
    note("open%s\n", flags & O_NONBLOCK ? "" : " BLOCKING");
    return camera = eventfd(0, EFD_SEMAPHORE | EFD_CLOEXEC);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    static void *(*real)(void *, size_t, int, int, int, off_t);
    if (!real)
        real = dlsym(RTLD_NEXT, "mmap");
    if (fd < 0 || fd != camera)
        return real(address, length, protection, flags, fd, offset);
    int index = offset / LENGTH;
    if (index >= count || offset % LENGTH || length != LENGTH || protection != (PROT_READ | PROT_WRITE))
        return errno = EINVAL, MAP_FAILED;
    buffers[index].mapped = 1;
    return buffers[index].memory = calloc(1, LENGTH);
}

int munmap(void *address, size_t length)
{
    static int (*real)(void *, size_t);
    if (!real)
        real = dlsym(RTLD_NEXT, "munmap");
    for (int i = 0; i < count; i++)
        if (buffers[i].mapped && buffers[i].memory == address) {
            if (streaming)
                note("AGAINST THE RULES: unmapped while streaming\n");
            buffers[i].mapped = 0;
            free(address);
            return 0;
        }
    return real(address, length);
}

/* A buffer was queued, so a frame will be there. */
static void wake(void)
{
    unsigned long one = 1;
    if (write(camera, &one, sizeof one) != sizeof one)
        note("AGAINST THE RULES: no event\n");
}

static void fill(unsigned char *memory)
{
    memset(memory, 0xee, LENGTH);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            memory[y * STRIDE + 2 * x] = y ? 4 * x : next_frame;
            memory[y * STRIDE + 2 * x + 1] = 128;
        }
}

static int dequeue(struct v4l2_buffer *buffer)
{
    unsigned long events;
    struct timespec now;
    for (int i = 0; streaming && i < count; i++) {
        int index = (next_frame + i) % count;
        if (!buffers[index].queued)
            continue;
        if (read(camera, &events, sizeof events) != sizeof events)
            break;
        fill(buffers[index].memory);
        buffers[index].queued = 0;
        clock_gettime(CLOCK_MONOTONIC, &now);
        buffer->index = index;
        buffer->bytesused = LENGTH;
        buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        buffer->timestamp.tv_sec = now.tv_sec;
        buffer->timestamp.tv_usec = now.tv_nsec / 1000;
        buffer->sequence = next_frame++;
        return 0;
    }
    return errno = EAGAIN, -1;
}

static int answer(unsigned long request, void *argument)
{
    struct v4l2_capability *capability = argument;
    struct v4l2_fmtdesc *description = argument;
    struct v4l2_format *format = argument;
    struct v4l2_requestbuffers *wanted = argument;
    struct v4l2_buffer *buffer = argument;
    switch (request) {
    case VIDIOC_QUERYCAP:
        strcpy((char *)capability->driver, "preloaded");
        strcpy((char *)capability->card, "Preloaded Camera");
        strcpy((char *)capability->bus_info, "nowhere");
        capability->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        capability->capabilities = capability->device_caps | V4L2_CAP_DEVICE_CAPS;
        return 0;
    case VIDIOC_ENUM_FMT:
        if (description->index > 0)
            return errno = EINVAL, -1;
        description->pixelformat = V4L2_PIX_FMT_YUYV;
        return 0;
    case VIDIOC_S_FMT:
        if (count)
            return errno = EBUSY, -1;
        note("format %ux%u\n", format->fmt.pix.width, format->fmt.pix.height);
        format->fmt.pix.width = WIDTH;
        format->fmt.pix.height = HEIGHT;
        format->fmt.pix.pixelformat = V4L2_PIX_FMT_YUYV;
        format->fmt.pix.bytesperline = STRIDE;
        format->fmt.pix.sizeimage = LENGTH;
        format->fmt.pix.quantization = V4L2_QUANTIZATION_FULL_RANGE;
        return 0;
    case VIDIOC_REQBUFS:
        note("buffers %u\n", wanted->count);
        for (int i = 0; i < count; i++)
            if (buffers[i].mapped)
                note("AGAINST THE RULES: given back while mapped\n");
        if (wanted->count > MOST)
            wanted->count = MOST;
        count = wanted->count;
        return 0;
    case VIDIOC_QUERYBUF:
        buffer->length = LENGTH;
        buffer->m.offset = buffer->index * LENGTH;
        return 0;
    case VIDIOC_QBUF:
        if (buffer->index >= (unsigned)count || buffers[buffer->index].queued || !buffers[buffer->index].mapped) {
            note("AGAINST THE RULES: queued buffer %u\n", buffer->index);
            return errno = EINVAL, -1;
        }
        buffers[buffer->index].queued = 1;
        if (streaming)
            wake();
        return 0;
    case VIDIOC_DQBUF:
        return dequeue(buffer);
    case VIDIOC_STREAMON:
        note("on\n");
        streaming = 1;
        for (int i = 0; i < count; i++)
            wake();
        return 0;
    case VIDIOC_STREAMOFF:
        note("off after %d frames\n", next_frame);
        streaming = 0;
        return 0;
    default: /* no lists of sizes and rates, no controls: as libcamera's */
        return errno = ENOTTY, -1;
    }
}

int ioctl(int fd, unsigned long request, ...)
{
    static int (*real)(int, unsigned long, ...);
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (fd >= 0 && fd == camera)
        return answer(request, argument);
    if (!real)
        real = dlsym(RTLD_NEXT, "ioctl");
    return real(fd, request, argument);
}

int close(int fd)
{
    static int (*real)(int);
    if (!real)
        real = dlsym(RTLD_NEXT, "close");
    if (fd >= 0 && fd == camera) {
        note("close\n");
        camera = -1;
    }
    return real(fd);
}
