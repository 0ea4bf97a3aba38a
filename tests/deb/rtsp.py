"""Serves a video file over RTSP, again and again: rtsp.py FILE PORT PATH

Needs gir1.2-gst-rtsp-server-1.0. The file is an MP4 of H.264, sent as it is, without being decoded.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

# A seek in a live media would stop its clients; so many copies one after the other do not.
TIMES = 100


def main() -> None:
    """Serves until it is stopped."""
    file, port, path = sys.argv[1:]
    Gst.init(None)
    copies = " ".join(f"filesrc location={file} ! qtdemux ! h264parse ! all." for _ in range(TIMES))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( concat name=all ! rtph264pay name=pay0 pt=96 config-interval=-1 {copies} )")
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("0.0.0.0")
    server.set_service(port)
    server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    GLib.MainLoop().run()


main()
