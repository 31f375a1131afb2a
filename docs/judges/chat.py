"""A judge: a model behind the HTTP interface that local servers and most services share, `/v1/chat/completions`.

    seedspec measure --judge "cup=python docs/judges/chat.py http://127.0.0.1:8080/v1/chat/completions 'Is a cup seen?'"

The model gets the question, the prompt of the take and three of its pictures. `--model` names one where the server has
several, and `--token` a file with the key of a service: the environment of a judge has no keys. It needs PyAV.
"""

import argparse
import base64
import io
import json
import sys
import urllib.request

import av

ASK = """{question}
The pictures are the first, the middle and the last one of a video that was made for this request: {prompt}
Answer with JSON alone: {{"score": a number from 0 to 1, "why": one short sentence}}"""


def pictures(path):
    """The first, the middle and the last picture, as JPEG."""
    with av.open(path) as video:
        stream = video.streams.video[0]
        wanted = [0, (stream.frames or 3) // 2, (stream.frames or 3) - 1]
        found = [picture.to_image() for at, picture in enumerate(video.decode(stream)) if at in wanted]
    for picture in found:
        picture.thumbnail((512, 512))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
        yield base64.b64encode(out.getvalue()).decode()


def ask(options, take):
    """What the model says of a take."""
    text = ASK.format(question=options.question, prompt=take["prompt"])
    shown = [f"data:image/jpeg;base64,{picture}" for picture in pictures(take["video"])]
    parts = [{"type": "text", "text": text}, *({"type": "image_url", "image_url": {"url": url}} for url in shown)]
    body = {"model": options.model, "temperature": 0, "messages": [{"role": "user", "content": parts}]}
    headers = {"Content-Type": "application/json"}
    if options.token:
        with open(options.token, encoding="utf-8") as file:
            headers["Authorization"] = f"Bearer {file.read().strip()}"
    request = urllib.request.Request(options.url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=options.seconds) as reply:
        said = json.load(reply)["choices"][0]["message"]["content"]
    answer = json.loads(said[said.index("{") : said.rindex("}") + 1])  # models like to put words around it
    return {"score": answer["score"], "why": answer.get("why")}


def main():
    options = argparse.ArgumentParser(description="A judge for `seedspec measure` that asks a model over HTTP.")
    options.add_argument("url")
    options.add_argument("question")
    options.add_argument("--model", default="default")
    options.add_argument("--token", metavar="FILE")
    options.add_argument("--seconds", type=float, default=100.0, help="how long one answer may take")
    options = options.parse_args()
    for line in sys.stdin:
        try:
            answer = ask(options, json.loads(line))
        except (OSError, ValueError, LookupError) as error:  # this take has no answer; the next one may have
            answer = {"score": None, "why": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
