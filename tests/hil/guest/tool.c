/* The other side of the guest's devices: plays frames into a loopback camera, sets a camera's controls by name (vivid injects its faults
 * through these), makes and swaps device-mapper devices, and supervises a program as systemd would.
 *
 *   tool play DEVICE FOURCC WIDTH HEIGHT RATE FILE...   each file is one frame; over and over
 *   tool control DEVICE NAME VALUE
 *   tool map create|swap|remove NAME ["START LENGTH TARGET ARGUMENTS"]
 *   tool unprivileged PROGRAM ARGUMENTS...              as the user and group 65534, in no other group
 *   tool supervise SECONDS PROGRAM ARGUMENTS...         restarts it when no WATCHDOG=1 comes for so long
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/dm-ioctl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "tool: %s: %s\n", what, strerror(errno));
	return 1;
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

struct frame {
	char *bytes;
	size_t length;
};

static int read_frame(const char *path, struct frame *frame)
{
	struct stat status;
	int file = open(path, O_RDONLY);
	if (file < 0 || fstat(file, &status))
		return failed(path);
	frame->length = status.st_size;
	frame->bytes = malloc(frame->length);
	size_t done = 0;
	while (frame->bytes && done < frame->length) {
		ssize_t got = read(file, frame->bytes + done, frame->length - done);
		if (got <= 0)
			return failed(path);
		done += got;
	}
	close(file);
	return frame->bytes ? 0 : failed(path);
}

static int play(char **words, int count)
{
	unsigned width = atoi(words[2]), height = atoi(words[3]);
	double period = 1.0 / atof(words[4]);
	int frames = count - 5;
	struct frame *frame = calloc(frames, sizeof *frame);
	size_t largest = 0;
	for (int i = 0; i < frames; i++) {
		if (read_frame(words[5 + i], &frame[i]))
			return 1;
		if (frame[i].length > largest)
			largest = frame[i].length;
	}
	int device = open(words[0], O_RDWR);
	if (device < 0)
		return failed(words[0]);
	struct v4l2_format format = { .type = V4L2_BUF_TYPE_VIDEO_OUTPUT };
	format.fmt.pix.width = width;
	format.fmt.pix.height = height;
	memcpy(&format.fmt.pix.pixelformat, words[1], 4);
	format.fmt.pix.field = V4L2_FIELD_NONE;
	format.fmt.pix.sizeimage = largest;
	if (ioctl(device, VIDIOC_S_FMT, &format))
		return failed("set the format");
	if (format.fmt.pix.width != width || format.fmt.pix.height != height || memcmp(&format.fmt.pix.pixelformat, words[1], 4)) {
		fprintf(stderr, "tool: the device made of it %.4s %ux%u\n", (char *)&format.fmt.pix.pixelformat,
			format.fmt.pix.width, format.fmt.pix.height);
		return 1;
	}
	printf("playing\n");
	fflush(stdout);
	double due = seconds();
	for (unsigned n = 0;; n++) {
		struct frame *next = &frame[n % frames];
		if (write(device, next->bytes, next->length) != (ssize_t)next->length)
			return failed("write a frame");
		due += period;
		double wait = due - seconds();
		if (wait > 0)
			usleep(wait * 1e6);
		else
			due = seconds();
	}
}

static int control(char **words)
{
	int device = open(words[0], O_RDWR);
	if (device < 0)
		return failed(words[0]);
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };
	for (; !ioctl(device, VIDIOC_QUERYCTRL, &query); query.id |= V4L2_CTRL_FLAG_NEXT_CTRL) {
		if (strcmp((char *)query.name, words[1]))
			continue;
		struct v4l2_control set = { .id = query.id, .value = atoi(words[2]) };
		return ioctl(device, VIDIOC_S_CTRL, &set) ? failed(words[1]) : 0;
	}
	errno = ENOENT;
	return failed(words[1]);
}

/* One device-mapper ioctl; a table is "START LENGTH TARGET ARGUMENTS", in sectors. */
static int map_call(int mapper, unsigned long request, const char *name, uint32_t flags, const char *table, uint64_t *device)
{
	static union {
		struct dm_ioctl header;
		char bytes[8192];
	} call;
	memset(&call, 0, sizeof call);
	call.header.version[0] = 4;
	call.header.data_size = sizeof call;
	call.header.data_start = sizeof call.header;
	call.header.flags = flags;
	snprintf(call.header.name, sizeof call.header.name, "%s", name);
	if (table) {
		struct dm_target_spec *target = (void *)(call.bytes + sizeof call.header);
		unsigned long long start, length;
		int arguments = 0;
		if (sscanf(table, "%llu %llu %15s %n", &start, &length, target->target_type, &arguments) < 3) {
			errno = EINVAL;
			return -1;
		}
		target->sector_start = start;
		target->length = length;
		snprintf((char *)(target + 1), 2048, "%s", table + arguments);
		call.header.target_count = 1;
	}
	int result = ioctl(mapper, request, &call);
	if (device)
		*device = call.header.dev;
	return result;
}

static int map(char **words, int count)
{
	const char *what = words[0], *name = words[1], *table = count > 2 ? words[2] : "";
	mkdir("/dev/mapper", 0755);
	int mapper = open("/dev/mapper/control", O_RDWR);
	if (mapper < 0)
		return failed("/dev/mapper/control");
	if (!strcmp(what, "remove"))
		return map_call(mapper, DM_DEV_REMOVE, name, 0, NULL, NULL) ? failed("remove") : 0;
	if (!strcmp(what, "create")) {
		uint64_t device;
		char node[128];
		if (map_call(mapper, DM_DEV_CREATE, name, 0, NULL, &device))
			return failed("create");
		snprintf(node, sizeof node, "/dev/mapper/%s", name);
		unlink(node);
		/* The kernel's huge encoding of a device number: include/linux/kdev_t.h. */
		if (mknod(node, S_IFBLK | 0600, makedev((device >> 8) & 0xfff, (device & 0xff) | ((device >> 12) & 0xfff00))))
			return failed(node);
	}
	if (map_call(mapper, DM_TABLE_LOAD, name, 0, table, NULL))
		return failed("load the table");
	/* At once, without a flush and without freezing the file system: a disk that fails asks nobody. */
	if (!strcmp(what, "swap") &&
	    map_call(mapper, DM_DEV_SUSPEND, name, DM_SUSPEND_FLAG | DM_SKIP_LOCKFS_FLAG | DM_NOFLUSH_FLAG, NULL, NULL))
		return failed("suspend");
	return map_call(mapper, DM_DEV_SUSPEND, name, 0, NULL, NULL) ? failed("resume") : 0;
}

static pid_t start(char **program)
{
	pid_t child = fork();
	if (child == 0) {
		execvp(program[0], program);
		failed(program[0]);
		_exit(127);
	}
	return child;
}

static int unprivileged(char **program)
{
	if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
		return failed("give up the rights");
	execvp(program[0], program);
	return failed(program[0]);
}

static int supervise(char **words)
{
	const char *path = "/run/notify";
	double patience = atof(words[0]);
	char microseconds[32];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	strcpy(address.sun_path, path);
	unlink(path);
	int socket_ = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (socket_ < 0 || bind(socket_, (struct sockaddr *)&address, sizeof address))
		return failed(path);
	snprintf(microseconds, sizeof microseconds, "%.0f", patience * 1e6);
	setenv("NOTIFY_SOCKET", path, 1);
	setenv("WATCHDOG_USEC", microseconds, 1);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;) {
		pid_t child = start(words + 1);
		int is_ready = 0;
		double fed = seconds();
		printf("started %d\n", child);
		for (;;) {
			struct pollfd wait = { .fd = socket_, .events = POLLIN };
			char message[4096];
			int status;
			if (poll(&wait, 1, 100) == 1) {
				ssize_t length = recv(socket_, message, sizeof message - 1, 0);
				message[length > 0 ? length : 0] = 0;
				if (strstr(message, "READY=1") || strstr(message, "WATCHDOG=1"))
					fed = seconds();
				is_ready |= strstr(message, "READY=1") != NULL;
				for (char *line = strtok(message, "\n"); line; line = strtok(NULL, "\n"))
					printf("%s\n", line);
			}
			if (waitpid(child, &status, WNOHANG) == child) {
				printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
				return 0;
			}
			if (is_ready && seconds() - fed > patience) {
				printf("watchdog\n");
				kill(child, SIGKILL);
				waitpid(child, &status, 0);
				break;
			}
		}
	}
}

int main(int count, char **words)
{
	if (count > 7 && !strcmp(words[1], "play"))
		return play(words + 2, count - 2);
	if (count == 5 && !strcmp(words[1], "control"))
		return control(words + 2);
	if (count > 3 && !strcmp(words[1], "map"))
		return map(words + 2, count - 2);
	if (count > 2 && !strcmp(words[1], "unprivileged"))
		return unprivileged(words + 2);
	if (count > 3 && !strcmp(words[1], "supervise"))
		return supervise(words + 2);
	fprintf(stderr, "usage: tool play|control|map|unprivileged|supervise ...\n");
	return 2;
}
