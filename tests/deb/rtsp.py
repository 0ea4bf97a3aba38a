"""Serves a video file over RTSP, again and again: rtsp.py FILE PORT PATH

Needs gir1.2-gst-rtsp-server-1.0. The file is an MP4 of H.264, sent as it is, without being decoded.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

CAPS = "video/x-h264,stream-format=byte-stream,alignment=au"


def pictures(file: str) -> list[Gst.Buffer]:
    """The coded pictures of a file, in order of decoding."""
    pipeline = Gst.parse_launch(f"filesrc location={file} ! qtdemux ! h264parse config-interval=-1 ! {CAPS} "
                                "! appsink name=out sync=false")
    pipeline.set_state(Gst.State.PLAYING)
    out, found = pipeline.get_by_name("out"), []
    while sample := out.emit("pull-sample"):
        found.append(sample.get_buffer())
    pipeline.set_state(Gst.State.NULL)
    return found


def main() -> None:
    """Serves until it is stopped."""
    file, port, path = sys.argv[1:]
    Gst.init(None)
    film = pictures(file)
    length = max(picture.pts + picture.duration for picture in film) - min(picture.pts for picture in film)

    def configure(_factory: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia) -> None:
        sent = 0

        def push(source: Gst.Element, _wanted: int) -> None:
            nonlocal sent
            picture = film[sent % len(film)].copy()
            later = sent // len(film) * length
            picture.pts += later
            picture.dts += later
            sent += 1
            source.emit("push-buffer", picture)

        media.get_element().get_by_name("film").connect("need-data", push)

    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( appsrc name=film format=time caps={CAPS} ! rtph264pay name=pay0 pt=96 )")
    factory.set_shared(True)
    factory.connect("media-configure", configure)
    server = GstRtspServer.RTSPServer()
    server.set_address("0.0.0.0")
    server.set_service(port)
    server.get_mount_points().add_factory(path, factory)
    server.attach(None)
    GLib.MainLoop().run()


main()
