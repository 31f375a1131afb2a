"""Prompt, fields and media become one checked and priced request: an entry.

Theory of operation. An entry is a cell of its shot: a row of labels, and a take. Most cells of a shot share most of
their request, so that what was made for one cell is reused for others. These rules decide what is reused; nothing else
may depend on a row.

1.  A template depends on the names that it reads, and on nothing else. `Scope.axis_indices` turns names into indices of
    a cell: an axis depends on its label, `label.look` on that of axis `look`, `label` on every label, `take` on the
    take, `entry` on all of them.
2.  A prompt is always made anew, from its partial prompt. Constant text and constant segments are evaluated once for a
    template and a set of references. The text of a slot is kept for each combination of the labels that the slot reads.
3.  A partial prompt is right for one set of references alone, because their numbers stand in it. A rendered prompt that
    used another set is thrown away, and rendered again from the partial prompt of that set.
4.  A request base is everything of a request but its prompt. It depends on three things:
    the references of its partial prompt (which media the request has);
    the values of its fields (`RowFields.values`), of the labels at `Fields.axis_indices`: two sets of labels that give
    the same values have bases that differ in nothing but the origins of their fields;
    the names in `Texts.read` (all that the templates of its fields and of its media's targets have read, and the axes
    of a shot that it continues).
    Two cells that agree in all three have the same base but for these origins. Whoever makes a base depend on something
    further must add it to `Texts.read`, or to `RowFields.values`.
5.  A base is reused with a new prompt if the prompt passes by itself what the base passed before: the model's rule for
    prompts, and the bytes that are left in the body. Otherwise the request is built and checked from the ground up.
6.  Only a base without a finding is kept: a finding lists every entry that it is met in. Remarks on the prompt are made
    for each prompt anew, unless both its words and its media are known to give none. One warning is made once for a
    base: that its media together last a little longer than the model allows.
7.  A whole request is reused for the next take of its row if neither its prompt nor rule 4 reads `take` or `entry`.
8.  What does not come again is not kept: a result whose indices name every axis with more than one label belongs to one
    row. All that a shot keeps is let go when its last entry is made.
9.  The text of a slot that reads one label is reused in other shots of the same grid, if it does not read `shot` and
    asks for no reference. What it names by number is told for each prompt.
10. Parts of a base are reused in another base, if nothing was reported while they were made:
    the media of a partial prompt, if they read no label, no take and no entry (`Texts.read`);
    the fields of a row of which none is a template, for the same `RowFields.values` in any shot;
    what a reference to another shot's video is judged to be, for the same models and words (`JUDGED_BY`).
"""
