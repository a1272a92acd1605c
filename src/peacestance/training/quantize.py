"""Graphs with small weights: int8, or 6 bits for the matrices of a large encoder.

How the int8 form was chosen. Every variant has an int8 embedding table; measured on
all-MiniLM-L6-v2 over 10,000 tokens of the corpus, one thread of a Xeon with VNNI. "Error" is the
mean relative error of the hidden states against fp32; "time" is relative to fp32, and rough: the
machine was shared.

    variant                                               error    time         encoder.onnx
    fp32                                                  0        1            90 MB
    quantize_dynamic, QInt8, per channel                  0.154    0.5 to 0.8   24 MB
      the same with reduce_range                          0.164    about same   24 MB
      the same with QUInt8                                0.153    1.1          24 MB
      the same, per tensor                                0.390    about same   24 MB
      the same, second feed-forward MatMul left fp32      0.106    0.75         34 MB
      the same, attention only                            0.040    1            45 MB
    MatMulNBits, 8 bits, blocks of 32, int8 arithmetic    0.032    1.1          25 MB
    int8 weights per channel, fp32 arithmetic             0.041    1            24 MB
    int8 weights in blocks of 32 rows, fp32 arithmetic    0.021    1            25 MB

The last is chosen, with blocks of 8: of the trained small model on 15 articles of real news, 97.3%
of sentences kept their labels with blocks of 32, 98.1% with 16, 98.4% with 8 (30 MB in all).

The activations of the feed-forward layers have outliers, so one scale for all tokens
(`quantize_dynamic`) costs more accuracy than its speed is worth. Offline fusion of the graph gained
nothing. With int8 weights alone no int8 product can saturate, so labels do not hang on whether the
processor has VNNI. onnxruntime folds the weights to fp32 once, at load (0.2 s).

6 bits, in blocks of 64 rows, are for a large encoder that would be too big a file: of
all-mpnet-base-v2, trained, 97.1% of real-news sentences keep their labels at 92 MB (97.6% with
blocks of 32 at 95 MB; int8 as above 98.7% at 153 MB; 4 bits as normal floats, Dettmers et al. 2023,
section 3, 92.3% at 74 MB). The word table and the heads stay int8.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from peacestance.bundle import ENCODER_FILE

Precision = Literal["fp32", "int8", "int6"]

INT8_ROWS = 8
INT6_ROWS = 64
LEAST_ROWS = 32  # of a block of 6-bit values: smaller ones would be mostly scales


def quantize(
    source: Path, target: Path, names: Iterable[str], precision: Precision = "int8"
) -> None:
    """Graphs with small weights from a folder of fp32 graphs.

    The matrices of MatMul and Gemm get a scale for each column and block of rows, the word table
    of the encoder one for each row. Arithmetic stays in fp32: onnxruntime computes the matrices
    once, at load.

    Args:
        source: holds the graphs of `export_onnx`.
        target: made where it does not exist.
        names: of the graphs.
        precision: "int8", or "int6" for the encoder's matrices in 6 bits and the rest in int8.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        is_encoder = name == ENCODER_FILE
        six = precision == "int6" and is_encoder
        onnx.save(_quantized(onnx.load(source / name), six, table=is_encoder), target / name)


def _quantized(model: onnx.ModelProto, six: bool, table: bool) -> onnx.ModelProto:
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    matrices = {
        node.input[1]: weights[node.input[1]]
        for node in graph.node
        if node.op_type in ("MatMul", "Gemm") and node.input[1] in weights
    }
    for tensor in matrices.values():
        if six and math.gcd(tensor.dims[0], INT6_ROWS) >= LEAST_ROWS <= tensor.dims[1]:
            _matrix_to_int6(graph, tensor)
        elif min(tensor.dims) >= INT8_ROWS // 2:  # a few columns are not worth the nodes
            _matrix_to_int8(graph, tensor)
    if table:
        _quantize_table(graph, _word_table(graph, weights))
    onnx.checker.check_model(model)
    return model


def _matrix_to_int8(graph: onnx.GraphProto, tensor: onnx.TensorProto) -> None:
    """Replace a weight by int8 values times scales, a scale for each column and 8 rows."""
    name, values = tensor.name, numpy_helper.to_array(tensor)
    rows, columns = values.shape
    block = INT8_ROWS if rows % INT8_ROWS == 0 else rows
    whole, scale = to_int8(values.reshape(rows // block, block, columns), axis=1)
    shape = np.array([rows, columns], dtype=np.int64)
    _replace_weights(graph, tensor, {"int8": whole, "scale": scale, "shape": shape})
    _insert(
        graph,
        helper.make_node("Cast", [f"{name}.int8"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scale"], [f"{name}.blocks"]),
        helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
    )


def _matrix_to_int6(graph: onnx.GraphProto, tensor: onnx.TensorProto) -> None:
    """Replace a weight by 6-bit values times scales (float16), for each column and 64 rows.

    The upper four bits of two values are a byte, the lower two bits of four values another.
    """
    name, values = tensor.name, numpy_helper.to_array(tensor)
    rows, columns = values.shape
    block = math.gcd(rows, INT6_ROWS)
    upper, lower, scale = to_int6(values.reshape(rows // block, block, columns))
    arrays = {"upper": upper, "lower": lower, "scale": scale}
    arrays |= {f"u{n}": np.array([n], dtype=np.uint8) for n in (2, 4, 6, 16)}
    arrays |= {f"f{n}": np.array([n], dtype=np.float32) for n in (4, 32)}
    arrays["shape"] = np.array([rows, columns], dtype=np.int64)
    _replace_weights(graph, tensor, arrays)

    def node(kind: str, inputs: str, output: str, **attributes: Any) -> onnx.NodeProto:
        named = [f"{name}.{part}" for part in inputs.split()]
        return helper.make_node(kind, named, [f"{name}.{output}"], **attributes)

    _insert(
        graph,
        node("BitShift", "upper u4", "upper0", direction="RIGHT"),
        node("Mod", "upper u16", "upper1"),
        node("Concat", "upper0 upper1", "uppers", axis=1),
        node("BitShift", "lower u6", "lower0", direction="RIGHT"),
        node("BitShift", "lower u4", "lower01", direction="RIGHT"),
        node("Mod", "lower01 u4", "lower1"),
        node("BitShift", "lower u2", "lower012", direction="RIGHT"),
        node("Mod", "lower012 u4", "lower2"),
        node("Mod", "lower u4", "lower3"),
        node("Concat", "lower0 lower1 lower2 lower3", "lowers", axis=1),
        node("Cast", "uppers", "high", to=TensorProto.FLOAT),
        node("Cast", "lowers", "low", to=TensorProto.FLOAT),
        node("Mul", "high f4", "high4"),
        node("Add", "high4 low", "whole"),
        node("Sub", "whole f32", "signed"),
        node("Cast", "scale", "scales", to=TensorProto.FLOAT),
        node("Mul", "signed scales", "blocks"),
        helper.make_node("Reshape", [f"{name}.blocks", f"{name}.shape"], [name]),
    )


def _insert(graph: onnx.GraphProto, *nodes: onnx.NodeProto) -> None:
    for k, node in enumerate(nodes):
        graph.node.insert(k, node)


def _word_table(
    graph: onnx.GraphProto, weights: Mapping[str, onnx.TensorProto]
) -> tuple[onnx.NodeProto, onnx.TensorProto]:
    """The Gather of the largest table: the words; positions and types are small."""
    tables = [
        (node, weights[node.input[0]])
        for node in graph.node
        if node.op_type == "Gather" and len(getattr(weights.get(node.input[0]), "dims", ())) == 2
    ]
    return max(tables, key=lambda found: int(np.prod(found[1].dims)))


def _quantize_table(graph: onnx.GraphProto, found: tuple[onnx.NodeProto, onnx.TensorProto]) -> None:
    """Look up int8 rows and their scales; only the rows of the input become fp32."""
    node, tensor = found
    name, ids, out = tensor.name, node.input[1], node.output[0]
    whole, scale = to_int8(numpy_helper.to_array(tensor), axis=1)
    _replace_weights(graph, tensor, {"int8": whole, "scale": scale})
    nodes = [
        helper.make_node("Gather", [f"{name}.int8", ids], [f"{name}.rows"]),
        helper.make_node("Cast", [f"{name}.rows"], [f"{name}.float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", [f"{name}.scale", ids], [f"{name}.scales"]),
        helper.make_node("Mul", [f"{name}.float", f"{name}.scales"], [out]),
    ]
    place = list(graph.node).index(node)
    graph.node.remove(node)
    for k, new in enumerate(nodes):
        graph.node.insert(place + k, new)


def to_int8(values: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers in -127..127 and the scales that bring them back, one along `axis`.

    >>> to_int8(np.array([[1.0], [-0.5]]), axis=0)
    (array([[127],
           [-64]], dtype=int8), array([[0.00787402]], dtype=float32))
    """
    scale = np.abs(values).max(axis, keepdims=True) / 127
    scale = np.where(scale == 0, 1, scale).astype(np.float32)
    return np.round(values / scale).astype(np.int8), scale


def to_int6(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole numbers in -31..31 plus 32, taken apart into bits, and the scales that bring them back.

    Shape:
        values: [blocks, rows, columns], rows a multiple of 4; returns upper bits
        [blocks, rows / 2, columns], lower bits [blocks, rows / 4, columns] (both uint8) and scales
        [blocks, 1, columns] (float16)
    """
    scale = np.abs(values).max(1, keepdims=True) / 31
    scale = np.where(scale == 0, 1, scale).astype(np.float16)
    whole = np.round(values / scale.astype(np.float32)).clip(-31, 31).astype(np.int16) + 32
    high = np.split(whole // 4, 2, axis=1)
    low = np.split(whole % 4, 4, axis=1)
    upper = high[0] * 16 + high[1]
    lower = low[0] * 64 + low[1] * 16 + low[2] * 4 + low[3]
    return upper.astype(np.uint8), lower.astype(np.uint8), scale


def _replace_weights(
    graph: onnx.GraphProto, tensor: onnx.TensorProto, arrays: Mapping[str, np.ndarray]
) -> None:
    name = tensor.name
    graph.initializer.remove(tensor)
    graph.initializer.extend(
        numpy_helper.from_array(array, f"{name}.{part}") for part, array in arrays.items()
    )
