// Decompresses gzip from standard input to standard output with zlib and does nothing else.
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

int main(void) {
	static unsigned char in[65536], out[65536];
	z_stream stream = {0};
	if (inflateInit2(&stream, 31) != Z_OK) {
		return 1;
	}
	int state = Z_OK;
	while (state != Z_STREAM_END) {
		if (stream.avail_in == 0) {
			ssize_t got = read(0, in, sizeof in);
			if (got <= 0) {
				return 2;
			}
			stream.next_in = in;
			stream.avail_in = (unsigned)got;
		}
		stream.next_out = out;
		stream.avail_out = sizeof out;
		state = inflate(&stream, Z_NO_FLUSH);
		if (state != Z_OK && state != Z_STREAM_END) {
			return 3;
		}
		size_t made = sizeof out - stream.avail_out;
		if (write(1, out, made) != (ssize_t)made) {
			return 4;
		}
	}
	return 0;
}
