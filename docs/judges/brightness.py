"""A judge: how bright the first picture of a video is, from 0 to 1. It needs PyAV, which `seedspec[media]` brings.

    seedspec measure --judge "bright=python docs/judges/brightness.py 0.2"

With a number behind it, the judge says whether a picture is at least as bright as that.
"""

import json
import sys

import av

least = float(sys.argv[1]) if len(sys.argv) > 1 else None
for line in sys.stdin:
    question = json.loads(line)
    with av.open(question["video"]) as video:
        picture = next(video.decode(video=0)).to_image().convert("L").resize((1, 1))
    score = round(picture.getpixel((0, 0)) / 255, 3)
    answer = {"score": score, "why": f"the first picture is {score:.0%} of white on the whole"}
    print(json.dumps(answer if least is None else answer | {"pass": score >= least}), flush=True)
