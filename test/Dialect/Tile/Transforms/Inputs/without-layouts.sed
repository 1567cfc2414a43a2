# A scheduled kernel without its layouts.
s/, #acc>/>/g
s/, #a_frag>/>/g
s/, #row>/>/g
/tile.convert_layout/d
s/%pa_0/%ph_0/g
s/%pa\b/%ph/g
