//! Records as Parquet, with a type per column.
//!
//! Takes frame records of any number of sources; gives a file with the columns of `columns`, one row per
//! face and one for each frame without a face. It is readable once it is finished.

mod column;
mod columns;

use std::{io::Write, sync::Arc};

use facs::FrameRecord;
use parquet::{
    basic::Compression,
    errors::ParquetError,
    file::{properties::WriterProperties, writer::SerializedFileWriter},
    schema::types::Type,
};

use self::column::Column;
use super::Row;

/// Rows that are written at once: what is held in memory.
const GROUP_ROWS: usize = 16_384;

/// Writes rows.
pub struct ParquetWriter<W: Write + Send> {
    columns: Vec<Box<dyn Column>>,
    /// Rows that are not written.
    held: usize,
    file: SerializedFileWriter<W>,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`ParquetError`] when `output` fails.
    pub fn new(output: W) -> Result<Self, ParquetError> {
        let columns = columns::all();
        let fields = columns.iter().map(|column| column.schema());
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let schema = Type::group_type_builder("faces").with_fields(fields);
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
        let (schema, properties) = (Arc::new(schema.build()?), Arc::new(properties.build()));
        Ok(Self {
            columns,
            held: 0,
            file: SerializedFileWriter::new(output, schema, properties)?,
        })
    }

    /// Adds the rows of a frame.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn push(&mut self, frame: &FrameRecord) -> Result<(), ParquetError> {
        for row in Row::of(frame) {
            for column in &mut self.columns {
                column.push(row);
            }
            self.held += 1;
        }
        if self.held >= GROUP_ROWS {
            self.write()?;
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for column in &mut self.columns {
            if let Some(mut writer) = group.next_column()? {
                column.write(&mut writer)?;
                writer.close()?;
            }
        }
        group.close()?;
        self.held = 0;
        Ok(())
    }

    /// Writes the rest, and what makes the file readable; gives the output back.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn finish(mut self) -> Result<W, ParquetError> {
        if self.held > 0 {
            self.write()?;
        }
        self.file.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::golden;
    use bytes::Bytes;
    use parquet::{
        file::reader::{FileReader, SerializedFileReader},
        record::{Field, Row as ReadRow},
    };
    use std::collections::BTreeMap;

    fn read(frames: &[FrameRecord]) -> Vec<BTreeMap<String, Field>> {
        let mut writer = ParquetWriter::new(Vec::new()).unwrap();
        for frame in frames {
            writer.push(frame).unwrap();
        }
        let file = SerializedFileReader::new(Bytes::from(writer.finish().unwrap())).unwrap();
        let rows = file.get_row_iter(None).unwrap();
        let cells = |row: ReadRow| row.into_columns().into_iter().collect();
        rows.map(|row| cells(row.unwrap())).collect()
    }

    #[test]
    fn what_is_written_is_read_back_with_its_type() {
        let mut empty = golden();
        empty.faces.clear();
        empty.sequence += 1;
        let rows = read(&[golden(), empty]);
        assert_eq!(rows.len(), 2);
        for (name, field) in [
            ("source", Field::Str("door".into())),
            ("run", Field::Long(1_795_250_000_000)),
            ("sequence", Field::Long(241)),
            ("captured_at", Field::TimestampMicros(1_795_255_200_250_000)),
            ("frame_width", Field::Long(640)),
            ("track", Field::Long(3)),
            ("person", Field::Null),
            ("box_height", Field::Float(190.25)),
            ("left_eye_y", Field::Float(148.5)),
            ("pitch", Field::Float(-2.0)),
            ("abstain", Field::Str("too_blurred".into())),
            ("AU12_p", Field::Float(0.94)),
            ("AU12_on", Field::Bool(true)),
            ("AU12_right", Field::Float(0.9)),
            ("AU12_change", Field::Null),
            ("AU01_p", Field::Null),
            ("expression", Field::Str("happiness".into())),
            ("expression_abstain", Field::Null),
            ("p_neutral", Field::Float(0.08)),
            ("p_anger", Field::Null),
        ] {
            assert_eq!(rows[0][name], field, "{name}");
        }
        let Field::Str(graph) = &rows[0]["au_au"] else {
            panic!("JSON: {:?}", rows[0]["au_au"])
        };
        let expected = serde_json::to_string(&golden().faces[0].graphs.au_au).unwrap();
        assert_eq!(*graph, expected);
        assert_eq!(rows[1]["sequence"], Field::Long(242));
        let of_face = ["track", "score", "AU12_p", "AU12_on", "expression", "au_au"];
        assert!(of_face.iter().all(|name| rows[1][*name] == Field::Null));
    }

    #[test]
    fn more_rows_than_a_group_holds_are_all_there_in_order() {
        let frames: Vec<FrameRecord> = (0..GROUP_ROWS as u64 + 5)
            .map(|sequence| {
                let faces = Vec::new();
                FrameRecord {
                    sequence,
                    faces,
                    ..golden()
                }
            })
            .collect();
        let mut writer = ParquetWriter::new(Vec::new()).unwrap();
        for frame in &frames {
            writer.push(frame).unwrap();
        }
        let file = SerializedFileReader::new(Bytes::from(writer.finish().unwrap())).unwrap();
        assert_eq!(file.num_row_groups(), 2);
        let rows = file.metadata().file_metadata().num_rows();
        assert_eq!(rows, GROUP_ROWS as i64 + 5);
    }
}
